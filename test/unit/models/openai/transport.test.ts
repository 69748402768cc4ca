import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { APIPromise } from 'openai'
import { readAnswer } from '../../../../src/lib/models/openai/endpoint.ts'
import { UnexpectedAnswerError } from '../../../../src/lib/models/openai/failures.ts'
import type { ServerOptions } from '../../../../src/lib/models/openai/server.ts'
import type { CallOptions } from '../../../../src/lib/models/openai/transport.ts'
import { OutcomeUnknownError, Transport } from '../../../../src/lib/models/openai/transport.ts'
import { EXIT, InterruptedError } from '../../../../src/lib/support/errors.ts'
import type { Wait } from '../../../../src/lib/support/patience.ts'
import { NOTICEABLE_MS } from '../../../../src/lib/support/patience.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { failure } from '../../../helpers/failure.ts'
import { ApiError } from '../../../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions } from '../../../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../../../helpers/fake-openai/server.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const KEY = 'sk-test-0123456789'

describe('the transport', () => {
  let fake: FakeOpenAI
  let transport: Transport
  let waits: Wait[]

  async function open(options: FakeOpenAIOptions = {}, server: ServerOptions = {}): Promise<void> {
    fake = await FakeOpenAI.start(options)
    waits = []
    const onWait = (wait: Wait) => waits.push(wait)
    transport = await Transport.open({ baseUrl: fake.url, apiKey: KEY, backoffMs: 2, onWait, ...server })
  }

  afterEach(async () => {
    await transport?.close()
    await fake?.stop()
  })

  function ask(
    options: CallOptions & {
      model?: string
      onSend?: (answer: APIPromise<unknown>, signal: AbortSignal) => void
    } = {},
  ): Promise<string> {
    const { model = MODEL, onSend, ...rest } = options
    const messages = [{ role: 'user' as const, content: 'Ada Holm is' }]
    return transport.call(
      (client, request) => {
        const body = { model, messages, max_completion_tokens: 9 }
        const answer = client.chat.completions.create(body, request)
        onSend?.(answer, request.signal)
        return answer
      },
      ({ choices }) => choices[0]!.message.content ?? '',
      rest,
    )
  }

  /** The first `count` requests get this answer. */
  function atFirst(count: number, fail: () => unknown): FakeOpenAIOptions {
    let left = count
    return { intercept: () => (left-- > 0 ? fail() : undefined) }
  }
  const status =
    (code: number, details = {}) =>
    () => {
      throw new ApiError(code, `Said with ${code}.`, details)
    }

  it('hands the answer to its reader', async () => {
    await open()
    expect(await ask()).to.match(/^answer \d+$/)
    expect(fake.requests).to.have.length(1)
    expect(fake.requests[0]?.headers.authorization).to.equal(`Bearer ${KEY}`)
  })

  it('leaves out the space and line break around a key, as files of keys have them', async () => {
    await open({}, { apiKey: ` ${KEY}\r\n` })
    await ask()
    expect(fake.requests[0]?.headers.authorization).to.equal(`Bearer ${KEY}`)
  })

  it('names organization and project where they are given, and no more than it is told', async () => {
    await open({}, { organization: 'org-1', project: 'proj-1' })
    await ask()
    expect(fake.requests[0]?.headers).to.include({
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
    })
    expect(fake.requests[0]?.headers['x-stainless-retry-count']).to.equal('0')
  })

  for (const code of [408, 409, 429, 500, 502, 503]) {
    it(`repeats a request that was answered ${code}`, async () => {
      await open(atFirst(3, status(code)))
      expect(await ask()).to.match(/^answer/)
      expect(fake.requests.map((request) => request.status)).to.deep.equal([code, code, code, 200])
    })
  }

  it('repeats a request whose connection was cut, before or within the answer', async () => {
    await open({ faults: { cut: 0.5, seed: 3 } })
    for (let request = 0; request < 10; request++) expect(await ask()).to.match(/^answer/)
    expect(fake.requests.filter(({ fault }) => fault === 'cut')).to.have.length.above(2)
  })

  it('repeats a request that is not answered in time', async () => {
    // One that is late on a busy machine is repeated too, nine times.
    await open({ faults: { silent: 0.4, seed: 3 } }, { timeoutMs: 250 })
    for (let request = 0; request < 5; request++) expect(await ask()).to.match(/^answer/)
    expect(fake.requests.filter(({ fault }) => fault === 'silent')).to.have.length.above(1)
  })

  it('answers all of many requests at once through all faults together', async () => {
    const faults = { throttled: 0.2, failed: 0.1, cut: 0.05, silent: 0.02, seed: 7 }
    await open({ faults }, { timeoutMs: 250 })
    let late = 0
    const askOnce = () => {
      let last: AbortSignal | undefined
      const onSend = (_: unknown, signal: AbortSignal) => {
        if (last?.aborted) late++
        last = signal
      }
      return ask({ onSend })
    }
    const answers = await Promise.all(Array.from({ length: 200 }, askOnce))
    expect(new Set(answers)).to.have.length(1)
    // Nothing is asked again that was answered in time: what was answered twice, its asker had given up.
    expect(fake.answered).to.have.length.within(200, 200 + late)
  })

  it('gives up a request that fails ten times, with what the server said', async () => {
    await open({ intercept: status(500) })
    const { message, exit } = await failure(ask())
    expect(message).to.equal(`${fake.url} fails (500): Said with 500. It failed 10 times.`)
    expect(exit).to.equal(EXIT.failed)
    expect(fake.requests).to.have.length(10)
  })

  describe('when the server asks to wait', () => {
    it('waits as long, with all requests, and says so', async () => {
      const headers = { 'retry-after-ms': '500000' }
      await open(atFirst(1, status(429, { headers })), { concurrency: 1 })
      const controller = new AbortController()
      const { signal } = controller
      const both = [failure(ask({ signal })), failure(ask({ signal }))]
      await eventually('a wait', () => waits.length > 0)
      expect(fake.requests).to.have.length(1)
      expect(waits).to.deep.equal([
        { reason: `${fake.url} refuses more requests for now (429): Said with 429.`, ms: 500_000 },
      ])
      controller.abort(new InterruptedError())
      for (const error of await Promise.all(both)) expect(error).to.be.instanceOf(InterruptedError)
    })

    for (const [what, headers] of [
      ['no wait', { 'retry-after': '0' }],
      ['a negative wait', { 'retry-after': '-5' }],
      ['a time that is over', { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' }],
    ] as const) {
      it(`waits by its own measure where it asks for ${what}, and gives up where nothing succeeds`, async () => {
        await open({ intercept: status(429, { headers }) }, { backoffMs: 40, patienceMs: 300 })
        const ends = await Promise.all(Array.from({ length: 20 }, () => failure(ask())))
        for (const { message, code } of ends) {
          expect(code).to.equal('SERVER_THROTTLES')
          expect(message).to.match(/Said with 429\. It has not answered in \d+ s of waiting\.$/)
        }
        // Three waits of one request, of at least 30, 60 and 120 ms, fit into 300 ms; a fourth of 240 ms does not.
        expect(fake.requests.length).to.be.at.most(20 * 4)
      })
    }

    it('says how long all wait, also where no single request has waited long yet', async () => {
      await open({ intercept: status(429) }, { backoffMs: 1000, concurrency: 4 })
      const controller = new AbortController()
      const { signal } = controller
      const asked = Array.from({ length: 40 }, () => failure(ask({ signal })))
      await eventually('word of a wait', () => waits.length > 0)
      // Four at once, two, and then one after each wait for all: of at least 750, 1500 and 3000 ms, which is told.
      expect(fake.requests.length).to.be.at.most(4 + 2 + 3)
      expect(waits[0]?.ms).to.be.at.least(3000)
      controller.abort(new InterruptedError())
      for (const error of await Promise.all(asked)) expect(error).to.be.instanceOf(InterruptedError)
    })

    it('goes on after the wait', async () => {
      await open(atFirst(1, status(429, { headers: { 'retry-after': '0.05' } })))
      await ask()
      expect(fake.requests.map((request) => request.status)).to.deep.equal([429, 200])
    })

    it('leaves it for another time where that is longer than an hour', async () => {
      await open({ intercept: status(429, { headers: { 'retry-after': '86400' } }) })
      const { message, suggestions } = await failure(ask())
      expect(message).to.match(/Said with 429\. It asks for a wait of 1440 minutes\.$/)
      expect(suggestions).to.deep.equal(['continue later: all results so far are kept'])
    })
  })

  it('learns the rate limit from the answers and keeps to it', async () => {
    await open({ limits: { requestsPerMinute: 10 } })
    const controller = new AbortController()
    const asked = Array.from({ length: 40 }, () => ask({ signal: controller.signal }).catch(() => {}))
    await eventually('a wait', () => waits.length > 0)
    await eventually('the answers to what is under way', () => fake.answered.length >= 5)
    // Eight before the first answer tells of the limit, which is more than half of it, and then as many as it fills up by.
    const minutes = (Date.now() - fake.requests[0]!.at) / 60_000
    expect(fake.answered.length).to.be.at.most(8 + 10 * minutes)
    expect(fake.requests.map((request) => request.status)).to.not.include(429)
    controller.abort()
    await Promise.all(asked)
  })

  it('says so where a rate limit makes it wait long', async () => {
    await open({ limits: { requestsPerMinute: 4 } })
    const controller = new AbortController()
    const asked = Array.from({ length: 6 }, () => ask({ signal: controller.signal }).catch(() => {}))
    await eventually('a wait', () => waits.length > 0)
    expect(waits[0]?.reason).to.equal(`${fake.url} limits the requests per minute.`)
    // Shorter ones are not told, and after a minute all of the limit is there again.
    expect(waits[0]?.ms).to.be.within(NOTICEABLE_MS, 60_000)
    controller.abort()
    await Promise.all(asked)
  })

  it('finds the number of requests that may be in flight', async () => {
    let waiting = 0
    const onSend = (answer: APIPromise<unknown>) => {
      const ended = () => waiting--
      waiting++
      answer.asResponse().then(ended, ended)
    }
    const here = () => fake.requests.filter((request) => request.status === undefined).length
    // Nothing is answered before all that was sent is here: a slow server would else have few at once of any number.
    const intercept = async () => {
      while (here() < waiting) await setImmediate()
    }
    await open({ limits: { inFlight: 10 }, latencyMs: 5, intercept })
    await Promise.all(Array.from({ length: 300 }, () => ask({ onSend })))
    // Of 8 and then up to 16 in flight the last 6 are too many; one more is tried only after 42 rounds of 10 answers.
    expect(fake.requests.filter((request) => request.status === 429)).to.have.length.at.most(6)
  })

  describe('stops at once', () => {
    const quota = (code: string) => status(429, { code, type: 'insufficient_quota' })

    it('where the money ends, and says which', async () => {
      const reasons = {
        credit_balance_exhausted: 'the credit is used up',
        organization_spend_limit_exceeded: 'the spending limit of the organization is reached',
        project_spend_limit_exceeded: 'the spending limit of the project is reached',
        organization_usage_limit_exceeded: 'the usage limit of the organization is reached',
        anything: 'the quota is used up',
      }
      for (const [code, reason] of Object.entries(reasons)) {
        await open({ intercept: quota(code) })
        const error = await failure(ask())
        expect(error.message).to.equal(`${fake.url} stops here: ${reason}: Said with 429.`)
        expect(error.code).to.equal('QUOTA_EXHAUSTED')
        expect(fake.requests).to.have.length(1)
        await transport.close()
        await fake.stop()
      }
    })

    it('at a wrong key, without repeating the key', async () => {
      await open({ apiKey: 'another' })
      const { message, exit } = await failure(ask())
      expect(message).to.equal(
        `${fake.url} refuses the key in OPENAI_API_KEY: Incorrect API key provided: (key).`,
      )
      expect(exit).to.equal(EXIT.usage)
      expect(fake.requests).to.have.length(1)
    })

    it('where a key is wanted and none is set', async () => {
      await open({ apiKey: 'another' }, { apiKey: undefined })
      expect((await failure(ask())).message).to.match(/ needs a key: set OPENAI_API_KEY: /)
    })

    it('where the organization may not', async () => {
      await open({ intercept: status(403) })
      const { message, code } = await failure(ask())
      expect(message).to.equal(`${fake.url} denies this account access (403): Said with 403.`)
      expect(code).to.equal('ACCESS_DENIED')
    })

    it('at a model that is not there', async () => {
      await open()
      expect((await failure(ask({ model: 'gpt-nope' }))).message).to.equal(
        `${fake.url} does not know this model or address (404): The model \`gpt-nope\` does not exist or you do not have access to it.`,
      )
    })

    it('at a request that the server does not take', async () => {
      await open({ intercept: status(400) })
      const { message, exit } = await failure(ask())
      expect(message).to.equal(`${fake.url} refuses the request (400): Said with 400.`)
      expect(exit).to.equal(EXIT.usage)
    })

    it('at an answer that its reader cannot use', async () => {
      await open()
      const read = () => {
        throw new UnexpectedAnswerError('it has no choices')
      }
      const call = transport.call((client, request) => client.models.list(request), read)
      expect((await failure(call)).message).to.equal(
        `${fake.url} does not answer as OpenAI’s API does: it has no choices.`,
      )
    })

    it('where nothing listens, and where there is no such host', async () => {
      await open()
      const { url } = fake
      await fake.stop()
      fake = await FakeOpenAI.start()
      expect((await failure(ask())).message).to.equal(`Cannot reach ${url}: nothing listens there.`)
      transport = await Transport.open({ baseUrl: 'http://nowhere.invalid/v1' })
      expect((await failure(ask())).message).to.match(
        /^Cannot reach http:\/\/nowhere\.invalid\/v1: (there is no such host|the host name)/,
      )
    })

    it('at a server that speaks plain HTTP where HTTPS is said', async () => {
      await open()
      transport = await Transport.open({ baseUrl: fake.url.replace('http:', 'https:') })
      expect((await failure(ask())).code).to.equal('SERVER_UNREACHABLE')
    })

    it('at a web page, and at an address that the server does not have', async () => {
      const server = createServer((request, response) => {
        const json = request.url?.startsWith('/json')
        response.writeHead(404, { 'content-type': json ? 'application/json' : 'text/html' })
        response.end(json ? '{"detail":"Not Found"}' : '<html><body>Not here</body></html>')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      await open()
      for (const path of ['/', '/json']) {
        const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
        await transport.close()
        transport = await Transport.open({ baseUrl })
        const { message, suggestions } = await failure(ask())
        expect(message).to.match(/ does not answer as OpenAI’s API does: it has no such address \(404\)\.$/)
        expect(suggestions).to.deep.equal(['check --base-url: it usually ends in /v1'])
      }
      server.close()
      server.closeAllConnections()
    })

    it('at a server that has pages and nothing to post to, and at an address that lacks /v1', async () => {
      const server = createServer((_, response) => response.writeHead(501).end('Unsupported method'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      await open({}, { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` })
      expect((await failure(ask())).message).to.match(
        / does not answer .*: it has no such address \(501\)\.$/,
      )
      server.close()
      server.closeAllConnections()
      await transport.close()
      transport = await Transport.open({ baseUrl: fake.url.replace('/v1', '') })
      const { code, suggestions } = await failure(ask())
      expect(code).to.equal('NOT_FOUND')
      expect(suggestions).to.deep.equal(['check --base-url: it usually ends in /v1'])
    })

    it('with the reason of its signal, before and while it waits', async () => {
      await open({ intercept: status(500) }, { backoffMs: 60_000 })
      const signal = AbortSignal.abort(new InterruptedError())
      expect(await failure(ask({ signal }))).to.be.instanceOf(InterruptedError)
      expect(fake.requests).to.have.length(0)
      const controller = new AbortController()
      const asked = failure(ask({ signal: controller.signal }))
      await eventually('a wait', () => waits.length > 0)
      controller.abort(new InterruptedError())
      expect(await asked).to.be.instanceOf(InterruptedError)
    })

    it('with the reason of its signal while the server is silent', async () => {
      await open({ faults: { silent: 1 } })
      const controller = new AbortController()
      const asked = failure(ask({ signal: controller.signal }))
      await eventually('a request', () => fake.requests.length > 0)
      controller.abort(new InterruptedError())
      expect(await asked).to.be.instanceOf(InterruptedError)
    })
  })

  describe('with a request that must not be done twice', () => {
    const unknown: [string, FakeOpenAIOptions][] = [
      ['is cut', { faults: { cut: 1 } }],
      ['does not come', { faults: { silent: 1 } }],
      ...[408, 409, 429, 500, 502, 503, 504].map((code): [string, FakeOpenAIOptions] => [
        `is ${code}, which a gateway may say`,
        { intercept: status(code) },
      ]),
      ['is empty', { intercept: () => '' }],
      ['is a web page', { intercept: () => '<html></html>' }],
      ['is other JSON', { intercept: () => ({ hello: 1 }) }],
    ]
    for (const [what, options] of unknown) {
      it(`does not repeat it where the answer ${what}`, async () => {
        await open(options, { timeoutMs: 1000 })
        const asked = transport.call<unknown, unknown>(
          (client, request) =>
            client.post('/completions', { body: { model: MODEL, prompt: 'a' }, ...request }),
          (answer) => readAnswer(answer, () => 'there is no ID'),
          { repeatable: false },
        )
        expect(await failure(asked)).to.be.instanceOf(OutcomeUnknownError)
        expect(fake.requests).to.have.length(1)
      })
    }

    it('knows that it was not done where it is refused or nothing listens', async () => {
      for (const code of [400, 401, 402, 403, 404, 422, 501]) {
        await open({ intercept: status(code) })
        const error = await failure(ask({ repeatable: false }))
        expect(error, String(code)).not.to.be.instanceOf(OutcomeUnknownError)
        await transport.close()
        await fake.stop()
      }
      await open()
      await fake.stop()
      expect(await failure(ask({ repeatable: false }))).not.to.be.instanceOf(OutcomeUnknownError)
      fake = await FakeOpenAI.start()
    })
  })

  it('lets a bug through as it is', async () => {
    await open()
    const call = transport.call(
      (client, request) => client.models.list(request),
      () => (undefined as unknown as string).length,
    )
    expect(await failure(call)).to.be.instanceOf(TypeError)
  })

  describe('refuses to open', () => {
    const refusal = async (options: ServerOptions) => (await failure(Transport.open(options))).message

    it('without the key that OpenAI and Azure want', async () => {
      expect(await refusal({})).to.equal('OPENAI_API_KEY is not set, and api.openai.com needs a key.')
      expect(await refusal({ baseUrl: 'https://me.openai.azure.com/openai/v1/', apiKey: '' })).to.match(
        /me\.openai\.azure\.com needs a key/,
      )
    })

    it('with a key or a name that no header can hold, and without repeating it', async () => {
      const baseUrl = 'http://127.0.0.1:9/v1'
      for (const apiKey of ['sk-hush\nhush', 'sk-“hush”', 'sk-hush\u0001']) {
        expect(await refusal({ baseUrl, apiKey })).to.equal(
          'The key in OPENAI_API_KEY holds a line break or a character that no server accepts: copy it again.',
        )
      }
      expect(await refusal({ baseUrl, organization: 'org–1' })).to.match(
        /^The name of the organization holds/,
      )
    })

    it('at an address that is none, or that holds a secret, which it does not repeat', async () => {
      expect(await refusal({ baseUrl: 'localhost:8000' })).to.equal(
        'The base URL localhost:8000 is not an address such as http://127.0.0.1:8000/v1.',
      )
      for (const baseUrl of ['me:hush@host/v1', 'http//me:hush@host', 'x?api-key=hush', 'me:hush%40host']) {
        const message = await refusal({ baseUrl })
        expect(message).to.match(/^The base URL \S+ is not an address such as/)
        expect(message).to.not.include('hush')
      }
      for (const baseUrl of ['http://me:hush@host/v1', 'http://host/v1?api-key=hush']) {
        const message = await refusal({ baseUrl })
        expect(message).to.match(/^The base URL http:\/\/host\/v1 holds/)
        expect(message).to.not.include('hush')
      }
    })
  })
})
