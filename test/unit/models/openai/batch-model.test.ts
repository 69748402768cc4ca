import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { GenerateOptions, LanguageModel } from '../../../../src/lib/models/language-model.ts'
import type { BatchModelOptions } from '../../../../src/lib/models/openai/batch/batch-model.ts'
import { openBatchModel } from '../../../../src/lib/models/openai/batch/batch-model.ts'
import { batchFiles } from '../../../../src/lib/models/openai/batch/batch-requests.ts'
import type { BatchesRecord } from '../../../../src/lib/schemas/batches.ts'
import { InterruptedError } from '../../../../src/lib/support/errors.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { failure } from '../../../helpers/failure.ts'
import { ApiError } from '../../../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions } from '../../../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../../../helpers/fake-openai/server.ts'
import { STRANGE_ANSWERS } from '../../../helpers/fake-openai/strange-answers.ts'
import { startLossyProxy } from '../../../helpers/lossy-proxy.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const KEY = 'sk-test-0123456789'
const PROMPTS = Array.from({ length: 10 }, (_, index) => `prompt ${index}`)
const ANSWERS = PROMPTS.map((prompt) => [`on ${prompt}`])
const language = { answer: (prompt: string) => ` on ${prompt}` }

describe('a model asked through the Batch API', () => {
  let folder: string
  let fake: FakeOpenAI
  let model: LanguageModel

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'batch-'))
  })
  afterEach(async () => {
    await model?.close()
    await fake?.stop()
    await rm(folder, { recursive: true })
  })

  async function open(
    server: FakeOpenAIOptions = {},
    { batch, ...options }: Partial<Omit<BatchModelOptions, 'batch'>> & { batch?: object } = {},
  ) {
    fake = await FakeOpenAI.start({ language, ...server })
    await reopen({ batch: batch ?? {}, ...options })
  }

  async function reopen({
    batch,
    ...options
  }: Partial<Omit<BatchModelOptions, 'batch'>> & { batch?: object } = {}) {
    await model?.close()
    const shared = { model: MODEL, baseUrl: fake.url, apiKey: KEY, backoffMs: 2 }
    model = await openBatchModel({ ...shared, ...options, batch: { follow: true, pollMs: 1, ...batch } })
  }

  /** Completions by prompt; undefined where there is none. */
  async function generate(options: Partial<GenerateOptions> = {}, prompts: readonly string[] = PROMPTS) {
    const completions: string[][] = []
    const all = { maxTokens: 20, temperature: 0, directory: folder, ...options }
    for await (const { index, completions: texts } of model.generate(prompts, all)) {
      expect(completions[index]).to.equal(undefined)
      completions[index] = texts
    }
    return completions
  }

  const record = async () => JSON.parse(await readFile(join(folder, 'batches.json'), 'utf8')) as BatchesRecord
  const sizes = () => fake.batches.list().map(({ request_counts }) => request_counts.total)

  it('gets an answer to each prompt, whatever the order of the results', async () => {
    await open()
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([10])
    expect(model.id).to.equal(`openai/${MODEL} (chat at ${fake.url})`)
    expect(await model.scoring()).to.have.property('available', false)
  })

  it('writes down what was sent, and no key', async () => {
    await open({}, { system: 'Be brief.', organization: 'org-1' })
    await generate()
    const { server, address, batches } = await record()
    expect(server).to.deep.equal({ base_url: fake.url, organization: 'org-1', project: null })
    expect(address).to.deep.equal({ model: MODEL, api: 'chat', system: 'Be brief.' })
    expect(batches[0]).to.deep.include({ id: 'batch_1', status: 'completed', collected: true })
    expect(batches[0]?.custom_ids).to.have.length(10)
    expect(await readFile(join(folder, 'batches.json'), 'utf8')).to.not.include(KEY)
  })

  it('gets samples of plain text', async () => {
    await open(
      { language: { answer: (prompt, { sample }) => ` ${sample} on ${prompt}` } },
      { api: 'completions' },
    )
    expect(await generate({ samples: 2, temperature: 1 }, ['a'])).to.deep.equal([[' 0 on a', ' 0 on a']])
    expect(fake.batches.list()[0]?.endpoint).to.equal('/v1/completions')
    expect(sizes()).to.deep.equal([2])
  })

  it('splits what is beyond the limits of a batch', async () => {
    await open({}, { batch: { limits: { requests: 4, bytes: 1e6 } } })
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([2, 4, 4])
    const requests = PROMPTS.map((prompt) => ({
      custom_id: prompt,
      method: 'POST' as const,
      url: '/u',
      body: { é: 1 },
    }))
    const line = Buffer.byteLength(`${JSON.stringify(requests[0])}\n`)
    const files = batchFiles(requests, { requests: 100, bytes: 3 * line })
    expect(files.map(({ customIds }) => customIds.length)).to.deep.equal([3, 3, 3, 1])
    for (const { text } of files) expect(Buffer.byteLength(text)).to.be.at.most(3 * line)
  })

  it('leaves what is not done for another time, and sends nothing twice', async () => {
    await open({ batches: { looks: 3 } }, { batch: { follow: false } })
    for (const answered of [0, 0, 0, 10]) {
      expect((await generate()).flat()).to.have.length(answered)
      await reopen({ batch: { follow: false } })
    }
    expect(sizes()).to.deep.equal([10])
  })

  it('sends nothing new where it is only to collect', async () => {
    await open({}, { batch: { follow: false } })
    await generate({}, PROMPTS.slice(0, 4))
    await reopen({ batch: { onlyAgain: true } })
    expect(await generate()).to.deep.equal(ANSWERS.slice(0, 4))
    expect(sizes()).to.deep.equal([4])
  })

  it('gives again what was not taken when it came', async () => {
    await open()
    const taken: string[] = []
    const all = { maxTokens: 20, temperature: 0, directory: folder }
    for await (const { index } of model.generate(PROMPTS, all)) {
      taken.push(PROMPTS[index]!)
      if (taken.length === 3) break
    }
    await reopen()
    const rest = PROMPTS.filter((prompt) => !taken.includes(prompt))
    expect((await generate({}, rest)).flat()).to.deep.equal(rest.map((prompt) => `on ${prompt}`))
    expect(sizes()).to.deep.equal([10])
  })

  it('asks nothing that is in the cache, and keeps what comes there', async () => {
    await open({}, { cache: join(folder, 'cache') })
    await generate({}, PROMPTS.slice(0, 4))
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([6, 4])
    await generate()
    expect(sizes()).to.deep.equal([6, 4])
  })

  it('gets what was sent although an older answer is in the cache', async () => {
    const cache = join(folder, 'cache')
    const texts = ['old', 'new']
    const changing = { answer: () => texts[0]! }
    await open({ language: changing }, { cache })
    const older = join(folder, 'older')
    await generate({ directory: older }, PROMPTS.slice(0, 1))
    texts.shift()
    await reopen({ batch: { follow: false } })
    await generate({}, PROMPTS.slice(0, 1))
    await reopen({ cache, batch: { onlyAgain: true } })
    expect(await generate({}, PROMPTS.slice(0, 1))).to.deep.equal([['new']])
  })

  it('sends again what failed or expired', async () => {
    const fates = ['expired', 'expired', 500, 429] as const
    await open({ batches: { fate: (place) => fates[place] } })
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([4, 10])
  })

  it('gives up what keeps failing, after everything that came', async () => {
    const fate = (_: number, body: object) => (JSON.stringify(body).includes('prompt 3') ? 500 : undefined)
    await open({ batches: { fate } })
    const seen: number[] = []
    const work = (async () => {
      for await (const { index } of model.generate(PROMPTS, {
        maxTokens: 20,
        temperature: 0,
        directory: folder,
      }))
        seen.push(index)
    })()
    const { message, code } = await failure(work)
    expect(message).to.equal('1 of 10 prompts got no answer: It failed or expired in 3 batches.')
    expect(code).to.equal('BATCH_INCOMPLETE')
    expect(seen).to.have.length(9)
    expect(sizes()).to.deep.equal([1, 1, 10])
  })

  it('sends refused requests again only when asked to', async () => {
    const refused = { fate: () => 400 as const }
    await open({ batches: refused })
    expect((await failure(generate())).message).to.equal('10 of 10 prompts got no answer: Failed with 400.')
    expect(sizes()).to.deep.equal([10])
    Object.assign(refused, { fate: () => undefined })
    expect(await generate()).to.deep.equal(ANSWERS)
  })

  it('sends again what failed inside a 200, and gives up what is refused there', async () => {
    const { errorAlone, errorBeside } = STRANGE_ANSWERS
    const errors = [errorAlone(), errorBeside(), { error: { code: 'content_filter', message: 'Filtered.' } }]
    let downloads = 0
    await open({
      intercept: ({ path }) => {
        const [, id] = /^\/files\/(.*)\/content$/.exec(path) ?? []
        if (id === undefined || downloads++ > 0) return undefined
        const lines = fake.files.lines<{ response: { body: unknown } }>(id)
        for (const [index, error] of errors.entries()) lines[index]!.response.body = error
        return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      },
    })
    expect((await failure(generate())).message).to.equal('1 of 10 prompts got no answer: Filtered.')
    expect(sizes()).to.deep.equal([2, 10])
  })

  it('tells how answers ended, and keeps what was withheld in no cache', async () => {
    const answers = [STRANGE_ANSWERS.filtered(), STRANGE_ANSWERS.refused(), STRANGE_ANSWERS.cutInThought()]
    await open(
      {
        intercept: ({ path }) => {
          const [, id] = /^\/files\/(.*)\/content$/.exec(path) ?? []
          if (id === undefined) return undefined
          const lines = fake.files.lines<{ response: { body: unknown } }>(id)
          for (const [index, body] of answers.entries()) {
            if (lines[index] !== undefined) lines[index].response.body = body
          }
          return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
        },
      },
      { cache: join(folder, 'cache') },
    )
    const reasons: string[] = []
    const options = { maxTokens: 20, temperature: 0, directory: folder }
    for await (const { endings } of model.generate(PROMPTS, options)) reasons.push(endings![0]!.reason)
    const rest = Array.from({ length: 7 }, () => 'stop')
    expect(reasons.toSorted()).to.deep.equal(['content_filter', 'length', 'refusal', ...rest])
    await rm(join(folder, 'batches.json'))
    await generate()
    expect(sizes()).to.deep.equal([2, 10])
  })

  it('says where answers cannot be read', async () => {
    await open({
      intercept: ({ path }) => {
        const [, id] = /^\/files\/(.*)\/content$/.exec(path) ?? []
        return id && fake.files.content(id).replaceAll('"choices"', '"chances"')
      },
    })
    expect((await failure(generate())).message).to.match(
      /^10 of 10 prompts got no answer: The answer cannot be read: in its answer, "choices" is missing/,
    )
  })

  it('says why a batch is refused as a whole', async () => {
    await open({ batches: { maxRequests: 4 } })
    expect((await failure(generate())).message).to.equal(
      '10 of 10 prompts got no answer: The server refuses the batch: Too many requests.',
    )
    expect(sizes()).to.deep.equal([10])
  })

  it('sends smaller batches, one after the other, where the server’s queue is short', async () => {
    await open({ batches: { maxEnqueued: 3 } })
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes().toReversed().slice(0, 3)).to.deep.equal([10, 5, 3])
    await fake.stop()
    await rm(join(folder, 'batches.json'))
    await open({ batches: { maxEnqueued: 0 } })
    expect((await failure(generate())).message).to.match(/Enqueued token limit reached/)
  })

  it('says where a batch was cancelled', async () => {
    await open({}, { batch: { follow: false } })
    await generate()
    fake.batches.cancel('batch_1')
    expect((await failure(generate())).message).to.match(/The batch was cancelled at the server\.$/)
  })

  it('never makes a second batch of one whose creation was not answered', async () => {
    for (const fault of ['cut', 'silent']) {
      await open({ faults: { [fault]: 1, on: /^POST \/batches$/ } }, { timeoutMs: 500 })
      expect(await generate()).to.deep.equal(ANSWERS)
      expect(sizes()).to.deep.equal([10])
      await fake.stop()
      await rm(join(folder, 'batches.json'))
    }
  })

  it('never makes a second batch behind a proxy that loses the connection', async () => {
    for (const loss of [503, 409, 429, 'cut'] as const) {
      await open()
      let lost = 0
      const isLost = (received: string) => received === 'POST /batches' && lost++ === 0
      await using proxy = await startLossyProxy(fake.url, (received) => (isLost(received) ? loss : undefined))
      await reopen({ baseUrl: proxy.url })
      expect(await generate()).to.deep.equal(ANSWERS)
      expect(sizes(), String(loss)).to.deep.equal([10])
      await fake.stop()
      await rm(join(folder, 'batches.json'))
    }
  })

  it('never makes a second batch of one whose creation was answered with what cannot be read', async () => {
    await open(
      { faults: { unreadable: 1, on: /^POST \/batches$/ } },
      { batch: { limits: { requests: 4, bytes: 1e6 } } },
    )
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([2, 4, 4])
  })

  it('keeps one of two batches that were made in the end', async () => {
    let late = () => {}
    let creations = 0
    await open({
      batches: { looks: 3 },
      intercept: ({ method, path, body }) => {
        if (method !== 'POST' || path !== '/batches') return
        if (++creations === 2) return late()
        late = () => void fake.batches.create(body as never, Date.now())
        throw new ApiError(503, 'Lost.')
      },
    })
    expect(await generate()).to.deep.equal(ANSWERS)
    const statuses = fake.batches.list().map(({ id, status }) => [id, status])
    expect(statuses).to.deep.equal([
      ['batch_2', 'cancelled'],
      ['batch_1', 'completed'],
    ])
  })

  it('fetches results again that come damaged, and pays for none of them again', async () => {
    await open({ batches: { damagedDownloads: 2 } })
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([10])
  })

  it('keeps what can be read of results that stay damaged, and fetches the others another time', async () => {
    const downloads = { damagedDownloads: 4 }
    await open({ batches: downloads })
    const seen: number[] = []
    const all = { maxTokens: 20, temperature: 0, directory: folder }
    const work = (async () => {
      for await (const { index } of model.generate(PROMPTS, all)) seen.push(index)
    })()
    const { message, suggestions } = await failure(work)
    expect(message).to.match(
      /^\d of 10 prompts got no answer: The results of the batch batch_1 are damaged, and \d of/,
    )
    expect(suggestions).to.deep.equal([
      'all answers are kept; the same command fetches the missing ones or requests them again',
      'without --batch, missing answers are requested, and paid for, again',
    ])
    expect(seen.length).to.be.within(1, 9)
    expect((await record()).batches[0]).to.include({ status: 'completed', collected: false })
    await reopen()
    const rest = PROMPTS.filter((_, index) => !seen.includes(index))
    expect((await generate({}, rest)).flat()).to.deep.equal(rest.map((prompt) => `on ${prompt}`))
    expect(sizes()).to.deep.equal([10])
  })

  it('takes what other batches bring where the results of one are gone', async () => {
    await open(
      {
        intercept: ({ path }) => {
          if (path === '/files/file-4/content') throw new ApiError(404, 'No such File object: file-4')
        },
      },
      { batch: { limits: { requests: 5, bytes: 1e6 } } },
    )
    const seen: number[] = []
    const all = { maxTokens: 20, temperature: 0, directory: folder }
    const work = (async () => {
      for await (const { index } of model.generate(PROMPTS, all)) seen.push(index)
    })()
    expect((await failure(work)).message).to.match(
      /^5 of 10 prompts got no answer: The server does not have the results of the batch batch_2;/,
    )
    expect(seen.toSorted()).to.deep.equal([0, 1, 2, 3, 4])
    expect(sizes()).to.deep.equal([5, 5])
  })

  it('waits until its file is ready, and sends it once', async () => {
    let failing = true
    await open({
      files: { looks: 3 },
      intercept: ({ method, path }) => {
        if (failing && method === 'POST' && path === '/batches') throw new ApiError(400, 'Not now.')
      },
    })
    expect((await failure(generate())).message).to.match(/Not now\.$/)
    failing = false
    await reopen()
    expect(await generate()).to.deep.equal(ANSWERS)
    const uploads = fake.requests.filter(({ method, path }) => method === 'POST' && path === '/files')
    expect(uploads).to.have.length(1)
  })

  it('says why its file cannot be used, and asks for no batch', async () => {
    await open({ files: { looks: 2, flaw: 'Line 3 is too long.' } })
    expect((await failure(generate())).message).to.match(
      / cannot use the file file-1 that was sent: Line 3 is too long\.$/,
    )
    expect(sizes()).to.deep.equal([])
  })

  it('finds a batch whose ID it had not learned before it was killed, and sends one that never arrived', async () => {
    await open({}, { batch: { follow: false } })
    await generate()
    const { batches, ...sender } = await record()
    const { id: _, ...submitting } = batches[0]!
    const write = (batch: object) =>
      writeFile(join(folder, 'batches.json'), JSON.stringify({ ...sender, batches: [batch] }))
    await write({ ...submitting, status: 'submitting' })
    await reopen()
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([10])
    await write({ ...submitting, status: 'submitting', key: 'never-sent' })
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([10, 10])
  })

  it('goes on through faults of the server', async () => {
    const faults = { throttled: 0.2, failed: 0.2, cut: 0.1, seed: 5, on: /^(GET|POST \/files)/ }
    await open({ faults }, { batch: { limits: { requests: 3, bytes: 1e6 } } })
    expect(await generate()).to.deep.equal(ANSWERS)
    expect(sizes()).to.deep.equal([1, 3, 3, 3])
  })

  it('stops with the reason of its signal while it waits', async () => {
    await open({ batches: { looks: 1e6 } }, { batch: { pollMs: 60_000 } })
    const controller = new AbortController()
    const work = failure(generate({ signal: controller.signal }))
    await eventually('a batch', () => fake.batches.list().length > 0)
    controller.abort(new InterruptedError())
    expect(await work).to.be.instanceOf(InterruptedError)
  })

  it('tells how far the batches are', async () => {
    const seen: object[] = []
    await open({}, { batch: { onLook: (progress: object) => seen.push(progress) } })
    await generate()
    expect(seen).to.deep.equal([
      { batches: 1, completed: 0, total: 10 },
      { batches: 1, completed: 0, total: 10 },
      { batches: 0, completed: 0, total: 0 },
    ])
  })

  it('says that a server has no Batch API', async () => {
    const without = [() => ({ nothing: true }), () => Promise.reject(new ApiError(404, 'Not Found'))]
    for (const intercept of without) {
      await open({ intercept })
      const { message, suggestions } = await failure(generate())
      expect(message).to.equal(`${fake.url} has no Batch API.`)
      expect(suggestions).to.deep.equal(['leave out --batch'])
      await fake.stop()
    }
  })

  it('says that its file is damaged', async () => {
    await open()
    await writeFile(join(folder, 'batches.json'), '{}')
    expect((await failure(generate())).message).to.match(/batches\.json is damaged: "\w+" is missing/)
  })
})
