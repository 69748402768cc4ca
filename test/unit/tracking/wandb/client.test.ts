import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { InterruptedError } from '../../../../src/lib/support/errors.ts'
import { WandbClient } from '../../../../src/lib/tracking/wandb/client.ts'
import { streamRun } from '../../../../src/lib/tracking/wandb/file-stream.ts'
import type { HttpOptions } from '../../../../src/lib/tracking/wandb/http.ts'
import {
  createRunFiles,
  defaultEntity,
  findRun,
  queryRuns,
  upsertRun,
} from '../../../../src/lib/tracking/wandb/queries.ts'
import { failure } from '../../../helpers/failure.ts'
import type { StreamBody } from '../../../helpers/fake-wandb/server.ts'
import { FAKE_KEY, FakeWandb } from '../../../helpers/fake-wandb/server.ts'

const PLACE = { entity: 'ada', project: 'reversal' }

describe('the W&B client', () => {
  let fake: FakeWandb
  beforeEach(async () => {
    fake = await new FakeWandb().start()
  })
  afterEach(() => fake.stop())

  const open = ({ key = FAKE_KEY, ...options }: { key?: string } & HttpOptions = {}) =>
    new WandbClient({
      baseUrl: fake.url,
      key,
      ...options,
      patience: { firstWaitMs: 1, longestWaitMs: 4, totalWaitMs: 100, ...options.patience },
    })

  it('makes, changes and finds runs', async () => {
    const client = open()
    expect(await defaultEntity(client)).to.equal('ada')
    expect(await findRun(client, PLACE, 'ft-1')).to.equal(undefined)
    const made = await upsertRun(client, PLACE, 'ft-1', { displayName: 'first', tags: ['x'], config: '{}' })
    expect(made).to.deep.equal({ created: true, historyLines: 0 })
    expect((await upsertRun(client, PLACE, 'ft-1', { tags: ['y'] })).created).to.equal(false)
    expect(await findRun(client, PLACE, 'ft-1')).to.deep.include({
      name: 'ft-1',
      tags: ['y'],
      historyLines: 0,
    })
    expect(fake.run('ft-1').displayName).to.equal('first')
  })

  it('turns the pages of a list', async () => {
    for (let index = 0; index < 120; index++) {
      fake.database.add('ada', 'reversal', `run-${index}`).tags.push(index % 2 === 0 ? 'even' : 'odd')
    }
    const names: string[] = []
    for await (const { name } of queryRuns(open(), PLACE, { tags: { $in: ['even'] } })) names.push(name)
    expect(names).to.have.length(60)
    expect(names.slice(0, 2)).to.deep.equal(['run-0', 'run-2'])
    expect(fake.takeRequests()).to.deep.equal(['Runs', 'Runs'])
  })

  describe('tries again', () => {
    it('on broken connections, at whatever moment they break', async () => {
      fake.faults.plan(
        { on: 'any', fault: { cut: 'before' } },
        { on: 'any', fault: { cut: 'after' } },
        { on: 'any', fault: { cut: 'within' } },
      )
      await upsertRun(open(), PLACE, 'ft-1', {})
      expect(fake.takeRequests()).to.have.length(4)
      expect(fake.database.runs).to.have.length(1)
    })

    it('on 429 when the limit is reset, and on 408 and 5xx', async () => {
      fake.faults.plan(
        { on: 'any', fault: { status: 429, headers: { 'ratelimit-reset': '0' } } },
        { on: 'any', fault: { status: 503, headers: { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' } } },
        { on: 'any', fault: { status: 408 } },
        { on: 'any', fault: { status: 500, body: '<html>' } },
      )
      expect(await defaultEntity(open())).to.equal('ada')
      expect(fake.faults.met).to.equal(4)
    })

    it('before the next request, not by running into it, where an allowance is used up', async () => {
      const used = { 'ratelimit-remaining': '0', 'ratelimit-reset': '600' }
      const body = JSON.stringify({ data: { viewer: { entity: 'ada' } } })
      fake.faults.plan({ on: 'any', fault: { status: 200, headers: used, body } })
      const client = open({ patience: { totalWaitMs: 40 } })
      await defaultEntity(client)
      const { code, message } = await failure(defaultEntity(client))
      expect(code).to.equal('WANDB_UNAVAILABLE')
      const [, pauseS] = /^127\.0\.0\.1:\d+ asks for a pause of (\d+) s\.$/.exec(message) ?? []
      expect(Number(pauseS)).to.be.within(1, 600)
      expect(fake.takeRequests()).to.have.length(1)
    })

    it('where no answer comes, as long as there is patience', async () => {
      const patient = open({ patience: { silenceMs: 200, totalWaitMs: 60_000 } })
      fake.faults.plan({ on: 'any', fault: { cut: 'never' } })
      expect(await defaultEntity(patient)).to.equal('ada')
      fake.faults.plan({ on: 'any', times: 99, fault: { cut: 'never' } })
      const { code, message } = await failure(defaultEntity(open({ patience: { silenceMs: 40 } })))
      expect(code).to.equal('WANDB_UNAVAILABLE')
      expect(message).to.match(/cannot be reached \(no data came for too long; UND_ERR_HEADERS_TIMEOUT\)/)
    })

    it('20 times at most, also where the server asks for no pause', async () => {
      fake.faults.plan({ on: 'any', times: 99, fault: { status: 429, headers: { 'ratelimit-reset': '0' } } })
      const { code, message } = await failure(defaultEntity(open()))
      expect(code).to.equal('WANDB_UNAVAILABLE')
      expect(message).to.equal('Weights & Biases answers 429 to /graphql: fault 429.')
      expect(fake.takeRequests()).to.have.length(21)
    })

    it('but not for longer than a person would wait, and says so', async () => {
      fake.faults.plan({ on: 'any', times: 99, fault: { status: 500 } })
      const { code, message } = await failure(defaultEntity(open()))
      expect(code).to.equal('WANDB_UNAVAILABLE')
      expect(message).to.equal('Weights & Biases answers 500 to /graphql: fault 500.')
      fake.faults.calm()
      fake.faults.plan({ on: 'any', fault: { status: 429, headers: { 'ratelimit-reset': '3600' } } })
      expect((await failure(defaultEntity(open()))).message).to.match(/a pause of 3600 s/)
    })

    it('few times where nothing listens', async () => {
      const client = new WandbClient({
        baseUrl: 'http://127.0.0.1:1',
        key: FAKE_KEY,
        patience: { firstWaitMs: 1 },
      })
      const { code, message } = await failure(defaultEntity(client))
      expect(code).to.equal('WANDB_UNAVAILABLE')
      expect(message).to.match(/^127\.0\.0\.1:1 cannot be reached \(.*ECONNREFUSED/)
    })

    it('until it is interrupted, also in a wait', async () => {
      const interrupt = new AbortController()
      fake.faults.plan({ on: 'any', fault: { status: 429, headers: { 'retry-after': '50' } } })
      const client = open({
        signal: interrupt.signal,
        patience: { totalWaitMs: 60_000 },
        onWait: ({ reason, ms }) => {
          expect(reason).to.match(/^127\.0\.0\.1:\d+ answers 429\.$/)
          expect(ms).to.equal(50_000)
          interrupt.abort(new InterruptedError())
        },
      })
      expect(await failure(defaultEntity(client))).to.be.instanceOf(InterruptedError)
    })
  })

  describe('says in one sentence', () => {
    const refusalOf = async (work: Promise<unknown>) => {
      const { code, message, exit } = await failure(work)
      return { code, message, exit }
    }

    it('that the key is refused', async () => {
      expect(await refusalOf(defaultEntity(open({ key: 'f'.repeat(40) })))).to.deep.equal({
        code: 'WANDB_KEY_REFUSED',
        message: `${fake.url} refuses the Weights & Biases API key.`,
        exit: 2,
      })
      expect(fake.takeRequests()).to.have.length(1)
    })

    it('that an entity is not there', async () => {
      const { code, message } = await refusalOf(upsertRun(open(), { ...PLACE, entity: 'nobody' }, 'x', {}))
      expect(code).to.equal('WANDB_NOT_FOUND')
      expect(message).to.include('entity nobody not found')
    })

    it('that a project is not there', async () => {
      const runs = queryRuns(open(), { ...PLACE, project: 'typo' }, {})
      expect((await refusalOf(runs.next())).message).to.equal(
        'There is no project ada/typo on Weights & Biases.',
      )
    })

    it('that a run was deleted', async () => {
      const client = open()
      await upsertRun(client, PLACE, 'ft-1', {})
      fake.database.delete(fake.run('ft-1'))
      expect(await refusalOf(upsertRun(client, PLACE, 'ft-1', {}))).to.deep.equal({
        code: 'WANDB_RUN_DELETED',
        message:
          'The run ft-1 was deleted from ada/reversal on Weights & Biases, which takes the same ID again after 7 days.',
        exit: 2,
      })
    })

    it('what GraphQL refuses, also with status 200', async () => {
      const { code, message } = await refusalOf(open().graphql('query Odd { viewer { secret } }', {}))
      expect(code).to.equal('WANDB_REFUSED')
      expect(message).to.match(/^Weights & Biases refuses Odd: Cannot query field "secret" on type "User"/)
      fake.faults.plan({ on: 'any', fault: { status: 200, body: '[]' } })
      expect((await refusalOf(open().graphql('query Odd { viewer { id } }', {}))).message).to.equal(
        'Weights & Biases refuses Odd: the answer holds no data.',
      )
    })

    it('that the key may not do it', async () => {
      fake.faults.plan({ on: 'any', fault: { status: 403, body: '{"errors":[{"message":"read-only"}]}' } })
      expect(await refusalOf(defaultEntity(open()))).to.deep.equal({
        code: 'WANDB_FORBIDDEN',
        message: 'Weights & Biases answers 403 to /graphql: read-only.',
        exit: 2,
      })
    })
  })

  describe('uploads files', () => {
    const bytes = Buffer.from('{"a": 1}\n')

    it('from memory and disk, with the headers asked for and without the key', async () => {
      const client = open()
      await upsertRun(client, PLACE, 'ft-1', {})
      const { urls, headers } = await createRunFiles(client, PLACE, 'ft-1', ['a/b.jsonl', 'c.jsonl'])
      const path = join(tmpdir(), `wandb-client-${process.pid}.jsonl`)
      await writeFile(path, bytes)
      fake.faults.plan({ on: 'upload', times: 2, fault: { cut: 'after' } })
      await client.put(urls.get('a/b.jsonl')!, { bytes }, headers)
      await client.put(urls.get('c.jsonl')!, { path }, headers)
      expect([...fake.run('ft-1').files.values()]).to.deep.equal([bytes, bytes])
      expect(fake.violations).to.deep.equal([])
    })

    it('and says that a signed address is not good any more', async () => {
      const { code, message } = await failure(
        open().put(`${fake.url}/storage/9?signature=old`, { bytes }, {}),
      )
      expect(code).to.equal('WANDB_FORBIDDEN')
      expect(message).to.equal('Weights & Biases answers 403 to the upload of a file.')
    })

    it('with the key where the address is the server’s own', async () => {
      const seen: (string | undefined)[] = []
      const own = createServer((request, response) => {
        seen.push(request.headers.authorization)
        response.end()
      })
      await new Promise<void>((listening) => own.listen(0, '127.0.0.1', listening))
      const { port } = own.address() as AddressInfo
      await new WandbClient({ baseUrl: `http://127.0.0.1:${port}`, key: FAKE_KEY }).put('/f', { bytes }, {})
      own.closeAllConnections()
      own.close()
      expect(seen).to.deep.equal([`Basic ${Buffer.from(`api:${FAKE_KEY}`).toString('base64')}`])
    })
  })

  it('streams lines in as many requests as their places and sizes want', async () => {
    const client = open()
    await upsertRun(client, PLACE, 'ft-1', {})
    const line = (offset: number, bytes: number) => ({
      offset,
      text: JSON.stringify({ text: 'x'.repeat(bytes) }),
    })
    const large = 300
    fake.run('ft-1').history.push('{}', '{}', '{}', '{}')
    await streamRun({
      ...{ client, ...PLACE, name: 'ft-1', uploaded: [], exitCode: 0, requestBytes: 800 },
      lines: [line(5, large), line(4, large), line(1, 1), line(6, large), line(2, 2)],
      summary: { a: 1 },
    })
    const bodies = fake.requests
      .map(({ body }) => body as StreamBody)
      .filter(({ files }) => files !== undefined)
    const sent = bodies.map(({ files, complete }) => ({
      offset: files?.['wandb-history.jsonl']?.offset,
      lines: files?.['wandb-history.jsonl']?.content.length,
      summary: files?.['wandb-summary.json']?.content,
      complete,
    }))
    expect(sent).to.deep.equal([
      { offset: 1, lines: 2, summary: undefined, complete: undefined },
      { offset: 4, lines: 2, summary: undefined, complete: undefined },
      { offset: 6, lines: 1, summary: ['{"a":1}'], complete: true },
    ])
    expect(fake.violations).to.deep.equal([])
  })

  it('does not show the key where it is printed', () => {
    const client = open()
    expect(JSON.stringify(client)).to.not.include(FAKE_KEY)
    expect(Object.values(client).map(String).join(' ')).to.not.include(FAKE_KEY)
  })
})
