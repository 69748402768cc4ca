import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { OpenAIProvider } from '../../../../src/lib/finetuning/openai/provider.ts'
import { readResults } from '../../../../src/lib/finetuning/openai/result-file.ts'
import type { FineTuneRequest } from '../../../../src/lib/finetuning/provider.ts'
import { submitRuns } from '../../../../src/lib/finetuning/submit-runs.ts'
import { OutcomeUnknownError } from '../../../../src/lib/models/openai/transport.ts'
import type { RunRecord } from '../../../../src/lib/schemas/run.ts'
import { EXIT, InterruptedError } from '../../../../src/lib/support/errors.ts'
import { RunStore } from '../../../../src/lib/tracking/run-store.ts'
import { failure } from '../../../helpers/failure.ts'
import { ApiError } from '../../../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions, ReceivedRequest } from '../../../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../../../helpers/fake-openai/server.ts'
import { writeHostedDataset } from '../../../helpers/hosted-dataset.ts'
import { startLossyProxy } from '../../../helpers/lossy-proxy.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const JOBS = '/fine_tuning/jobs'
const signal = new AbortController().signal

describe('the provider of hosted fine-tunes', () => {
  let folder: string
  let store: RunStore
  let fake: FakeOpenAI
  let provider: OpenAIProvider

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hosted-provider-'))
    store = new RunStore(join(folder, 'home'))
    await writeHostedDataset(join(folder, 'tiny'))
  })
  afterEach(async () => {
    await provider[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
    await fake.stop()
  })

  async function serve(options: FakeOpenAIOptions = {}, timeoutMs = 60_000) {
    fake = await FakeOpenAI.start(options)
    const server = { baseUrl: fake.url, backoffMs: 1, timeoutMs, pollMs: 1 }
    provider = new OpenAIProvider({ store, toolVersion: '0.0.0', ...server })
  }

  const request = (seed = 1): FineTuneRequest => ({
    model: MODEL,
    dataset: { name: 'tiny', trainingFile: join(folder, 'tiny/all.jsonl') },
    hyperparameters: { nEpochs: 1, batchSize: 4, learningRateMultiplier: 0.2, seed },
  })

  async function createRuns(count: number): Promise<RunRecord[]> {
    const runs: RunRecord[] = []
    for (let seed = 1; seed <= count; seed++) runs.push(await provider.create(request(seed)))
    return runs
  }

  const jobs = () => fake.jobs.list(new URLSearchParams())
  const isCreation = ({ method, path }: ReceivedRequest) => method === 'POST' && path === JOBS

  /** What the fake does to the first request that creates a job; the others go well. */
  function onFirstCreation(work: (request: ReceivedRequest) => unknown): FakeOpenAIOptions {
    let first = true
    return {
      intercept: (request) => {
        if (!isCreation(request) || !first) return undefined
        first = false
        return work(request)
      },
    }
  }

  describe('makes one job a run, whatever happens to the request that creates it:', () => {
    for (const fault of ['throttled', 'failed', 'failedLate', 'refusedLate', 'cut', 'silent'] as const) {
      it(`${fault}, each second time`, async () => {
        await serve({ faults: { [fault]: 0.5, on: /^POST \/fine_tuning\/jobs$/, seed: 3 } }, 200)
        const runs = await createRuns(6)
        for (const run of runs) await provider.submit(run, { signal })
        const keys = jobs().map(({ metadata }) => metadata?.reversal_run)
        expect(keys).to.have.members(runs.map(({ id }) => id))
        expect(fake.requests.filter((one) => one.fault === fault)).not.to.be.empty
        for (const { id } of runs) {
          const { remote } = await store.get(id)
          expect(jobs().find((job) => job.id === remote?.id)?.metadata?.reversal_run).to.equal(id)
        }
      })
    }

    it('all of it together, also on the way to the files and lists', async () => {
      const shares = {
        throttled: 0.2,
        failed: 0.1,
        failedLate: 0.05,
        refusedLate: 0.1,
        cut: 0.05,
        silent: 0.02,
      }
      await serve({ faults: { ...shares, on: /./, seed: 5 } }, 200)
      const runs = await createRuns(20)
      for (const run of runs) await provider.submit(run, { signal })
      expect(jobs().map(({ metadata }) => metadata?.reversal_run)).to.have.members(runs.map(({ id }) => id))
    })

    for (const loss of [503, 409, 429, 'cut'] as const) {
      it(`made behind a proxy that loses the connection (${loss})`, async () => {
        await serve()
        let lost = 0
        const isLost = (received: string) => received === `POST ${JOBS}` && lost++ === 0
        await using proxy = await startLossyProxy(fake.url, (received) =>
          isLost(received) ? loss : undefined,
        )
        await using behind = new OpenAIProvider({ store, toolVersion: '0', baseUrl: proxy.url, backoffMs: 1 })
        const run = await behind.create(request())
        const submitted = await behind.submit(run, { signal })
        expect(jobs().map(({ id, metadata }) => [id, metadata?.reversal_run])).to.deep.equal([
          [submitted.remote?.id, run.id],
        ])
        expect(fake.requests.filter(isCreation)).to.have.length(1)
      })
    }

    for (const turn of [0, 1, 2]) {
      it(`made and answered with what cannot be read (${['other JSON', 'nothing', 'a web page'][turn]})`, async () => {
        let left = turn + 1
        await serve({ faults: { unreadable: 1, on: /^POST \/fine_tuning\/jobs$/ } })
        const runs = await createRuns(left)
        for (const run of runs) {
          await provider.submit(run, { signal })
          left--
        }
        expect(left).to.equal(0)
        const keys = jobs().map(({ metadata }) => metadata?.reversal_run)
        expect(keys.toReversed()).to.deep.equal(runs.map(({ id }) => id))
      })
    }

    it('made late by attempts that were given up: all but the oldest are cancelled when it is resumed', async () => {
      const late: unknown[] = []
      let failing = true
      await serve({
        intercept: (received) => {
          if (!isCreation(received) || !failing) return
          late.push(received.body)
          throw new ApiError(503, 'Lost.')
        },
      })
      fake.options.faults = {}
      const [run] = (await createRuns(1)) as [RunRecord]
      const controller = new AbortController()
      const { intercept } = fake.options
      fake.options.intercept = (received) => {
        if (late.length === 2) controller.abort(new InterruptedError())
        return intercept?.(received)
      }
      expect(await failure(provider.submit(run, controller))).to.be.instanceOf(InterruptedError)
      failing = false
      for (const body of late) fake.jobs.create(body as never, Date.now())
      const taken = await provider.submit(await store.get(run.id), { signal })
      expect(taken.remote?.id).to.equal('ftjob-1')
      expect(jobs().map(({ id, status }) => [id, status])).to.deep.equal([
        ['ftjob-2', 'cancelled'],
        ['ftjob-1', 'validating_files'],
      ])
    })

    it('made late, after it was looked for and not found', async () => {
      let late = () => {}
      await serve(
        onFirstCreation(({ body }) => {
          late = () => fake.jobs.create(body as never, Date.now() - 60_000)
          throw new ApiError(500, 'Wait for it.')
        }),
      )
      const { intercept } = fake.options
      let creations = 0
      fake.options.intercept = (received) => {
        if (isCreation(received) && ++creations === 2) late()
        return intercept?.(received)
      }
      const [run] = await createRuns(1)
      await provider.submit(run!, { signal })
      const statuses = Object.fromEntries(jobs().map(({ id, status }) => [id, status]))
      expect(statuses).to.deep.equal({ 'ftjob-1': 'validating_files', 'ftjob-2': 'cancelled' })
      expect((await store.get(run!.id)).remote?.id).to.equal('ftjob-1')
    })

    it('made and not answered, by a server that drops metadata', async () => {
      await serve({ jobs: { withoutMetadata: true }, faults: { cut: 1, on: /^POST \/fine_tuning\/jobs$/ } })
      const runs = await createRuns(3)
      for (const run of runs) await provider.submit(run, { signal })
      expect(jobs()).to.have.length(3)
      const ids = (await store.list()).map(({ remote }) => remote?.id)
      expect(new Set(ids)).to.have.length(3)
    })
  })

  it('gives up a creation that always fails, and finds the run where it was left', async () => {
    let failing = true
    await serve({
      intercept: (received) => {
        if (isCreation(received) && failing) throw new ApiError(500, 'No.')
      },
    })
    const runs = await createRuns(2)
    const error = await failure(drain(submitRuns({ store, provider, runs, fresh: true, signal })))
    expect(error.message).to.match(/ fails \(500\): No\.$/)
    expect(error.suggestions[0]).to.equal(`resume: reversal finetune:resume ${runs[0]?.id} ${runs[1]?.id}`)
    expect((await store.list()).map(({ status }) => status)).to.deep.equal(['interrupted', 'interrupted'])
    expect(fake.requests.filter(isCreation)).to.have.length(4)
    failing = false
    await drain(submitRuns({ store, provider, runs: await store.list(), fresh: false, signal }))
    expect(jobs()).to.have.length(2)
  })

  it('keeps the record of a run if it is unknown whether there is a job', async () => {
    let there = false
    await serve({
      intercept: (received) => {
        if (isCreation(received)) return { hello: 1 }
        if (received.path === JOBS && !there) return { object: 'list', data: [], has_more: false }
      },
    })
    const runs = await createRuns(1)
    const error = await failure(drain(submitRuns({ store, provider, runs, fresh: true, signal })))
    expect(error.cause).to.be.instanceOf(OutcomeUnknownError)
    expect(error.exit).to.equal(EXIT.failed)
    expect(error.suggestions[0]).to.equal(`resume: reversal finetune:resume ${runs[0]?.id}`)
    expect(fake.requests.filter(isCreation)).to.have.length(1)
    const kept = await store.get(runs[0]!.id)
    expect(kept.status).to.equal('interrupted')
    fake.jobs.create(kept.request as never, Date.now())
    there = true
    await provider.submit(kept, { signal })
    expect(fake.requests.filter(isCreation)).to.have.length(1)
    expect((await store.get(kept.id)).remote?.id).to.equal('ftjob-1')
  })

  it('keeps the record where a later attempt is refused, or jobs cannot be listed', async () => {
    for (const refused of ['creation', 'list'] as const) {
      let creations = 0
      await serve({
        intercept: (received) => {
          if (isCreation(received)) throw new ApiError(creations++ === 0 ? 503 : 400, 'No.')
          if (received.path === JOBS && refused === 'list') throw new ApiError(404, 'No list.')
        },
      })
      const runs = await createRuns(1)
      const error = await failure(drain(submitRuns({ store, provider, runs, fresh: true, signal })))
      expect(error.exit, refused).to.equal(EXIT.failed)
      expect((await store.get(runs[0]!.id)).status).to.equal('interrupted')
      await provider[Symbol.asyncDispose]()
      await fake.stop()
    }
    await serve()
  })

  it('waits until a file is ready before a job names it, and sends it once', async () => {
    await serve({ files: { looks: 3 } })
    const validated = {
      ...request(),
      dataset: { ...request().dataset, validationFile: join(folder, 'tiny/all.jsonl') },
    }
    await provider.submit(await provider.create(validated), { signal })
    await provider.submit((await createRuns(1))[0]!, { signal })
    expect(jobs()).to.have.length(2)
    expect(fake.files.list()).to.have.length(1)
  })

  it('says why a file cannot be used, and asks for no job', async () => {
    await serve({ files: { looks: 2, flaw: 'Line 3 is no chat.' } })
    const runs = await createRuns(1)
    const { message } = await failure(drain(submitRuns({ store, provider, runs, fresh: true, signal })))
    expect(message).to.match(/ cannot use the file file-1 that was sent: Line 3 is no chat\.$/)
    expect(fake.requests.filter(isCreation)).to.deep.equal([])
    expect(await store.list()).to.deep.equal([])
  })

  it('takes a run for succeeded whose result file, checkpoints or events are gone', async () => {
    await serve({ jobs: { stages: ['succeeded'], withoutResults: true } })
    for (const gone of ['files', 'checkpoints', 'events']) {
      fake.options.intercept = ({ path }) => {
        if (gone !== 'files' && path.endsWith(gone)) throw new ApiError(404, 'Gone.')
      }
      const [run] = (await createRuns(1)) as [RunRecord]
      await provider.submit(run, { signal })
      const seen: string[] = []
      for await (const { message } of provider.follow(run, { signal })) seen.push(message ?? '')
      const what = gone === 'files' ? 'The result file' : `The ${gone} of ${run.id}`
      expect(seen.filter((message) => message.startsWith(what))).to.have.length(1)
      expect(await store.get(run.id)).to.include({ status: 'succeeded' })
    }
  })

  it('takes a run for succeeded although the server fails when it is asked for the rest', async () => {
    await serve({ jobs: { stages: ['succeeded'] } })
    const [run] = (await createRuns(1)) as [RunRecord]
    await provider.submit(run, { signal })
    fake.options.intercept = ({ path }) => {
      if (path.endsWith('/checkpoints')) throw new ApiError(500, 'Not now.')
    }
    const seen: string[] = []
    for await (const { message } of provider.follow(run, { signal })) seen.push(message ?? '')
    expect(seen.at(-1)).to.match(
      /^Not all of ft-\w{8} could be fetched: .* fails \(500\): Not now\. It failed/,
    )
  })

  it('reads a result file whole that has no last line break, and no row of one that is cut off', async () => {
    await serve({ jobs: { stages: ['succeeded'] } })
    const [run] = (await createRuns(1)) as [RunRecord]
    const sent = await provider.submit(run, { signal })
    const download = (cut: number) => {
      fake.options.intercept = ({ path }) => {
        const [, id] = /^\/files\/(.*)\/content$/.exec(path) ?? []
        return id && fake.files.content(id).slice(0, -cut || undefined)
      }
    }
    download(1)
    const refreshed = await provider.refresh(sent, { signal })
    const file = `The result file file-2 of ${run.id}`
    expect(await provider.collect(refreshed, { signal })).to.deep.equal([`${file} is cut off in line 4.`])
    expect(await readResults(store.directory(run.id))).to.have.length(2)
    download(0)
    expect(await provider.collect(refreshed, { signal })).to.deep.equal([])
    expect(await readResults(store.directory(run.id))).to.have.length(3)
  })

  it('records a job whose ID can name no folder under another name, always the same', async () => {
    await serve()
    const long = 'x'.repeat(300)
    const [run] = (await createRuns(1)) as [RunRecord]
    await provider.submit(run, { signal })
    const [job] = jobs()
    const data: object[] = [long, '../../outside'].map((id) => ({ ...job, id, metadata: {} }))
    fake.options.intercept = ({ path }) =>
      path === JOBS ? { object: 'list', data, has_more: false } : undefined
    const { runs } = await provider.discover({ signal })
    expect(runs.map(({ remote }) => remote?.id)).to.deep.equal([long, '../../outside'])
    for (const { id } of runs) expect(id).to.match(/^ftjob-[0-9a-f]{16}$/)
    expect((await provider.discover({ signal })).runs).to.deep.equal([])
    expect(await store.list()).to.have.length(3)
    const odd = { ...job, id: 'odd', metadata: {} }
    data.splice(0, 2, {
      ...odd,
      hyperparameters: { n_epochs: 1, batch_size: 0.5, learning_rate_multiplier: 1 },
    })
    expect(await provider.discover({ signal })).to.deep.equal({ runs: [], skipped: 1 })
    for (const flaw of [{ created_at: 1e15 }, { finished_at: -1 }, { trained_tokens: -1 }]) {
      data.splice(0, 1, { ...odd, ...flaw })
      const { code } = await failure(provider.discover({ signal }))
      expect(code).to.equal('NOT_COMPATIBLE')
    }
  })

  it('leaves a run behind that was interrupted on its way, and takes its job over later', async () => {
    const controller = new AbortController()
    await serve(
      onFirstCreation(({ body }) => {
        fake.jobs.create(body as never, Date.now())
        controller.abort(new InterruptedError())
        throw new ApiError(500, 'Too late.')
      }),
    )
    const [run] = await createRuns(1)
    const error = await failure(provider.submit(run!, controller))
    expect(error).to.be.instanceOf(InterruptedError)
    expect((await store.get(run!.id)).status).to.equal('interrupted')
    const found = await provider.refresh(await store.get(run!.id), { signal })
    expect(found).to.include({ status: 'queued', server_status: 'validating_files' })
    expect(jobs()).to.have.length(1)
  })

  it('refuses to send a file that has changed since the run was made', async () => {
    await serve()
    const [run] = await createRuns(1)
    await writeFile(join(folder, 'tiny/all.jsonl'), '{"prompt": "a", "completion": "b"}\n'.repeat(10))
    const { message } = await failure(provider.submit(run!, { signal }))
    expect(message).to.match(/all\.jsonl has changed since the run ft-\w{8} was started with it\.$/)
    expect(fake.requests.filter(({ method }) => method === 'POST')).to.deep.equal([])
  })

  it('follows a run through pages of events, each recorded once', async () => {
    await serve({ jobs: { stages: ['queued', 'running', 'running', 'succeeded'] } })
    const [run] = (await createRuns(1)) as [RunRecord]
    const batchSize = {
      ...request(),
      hyperparameters: { ...request().hyperparameters, batchSize: 1, nEpochs: 25 },
    }
    const long = await provider.create(batchSize)
    await provider.submit(long, { signal })
    const seen = []
    for await (const { type, step } of provider.follow(long, { signal })) seen.push([type, step])
    const steps = seen.filter(([type]) => type === 'step').map(([, step]) => step)
    expect(steps).to.deep.equal(Array.from({ length: 300 }, (_, index) => index + 1))
    expect(seen.filter(([type]) => type === 'checkpoint')).to.have.length(3)
    const again = []
    for await (const event of provider.follow(await store.get(long.id), { signal })) again.push(event)
    expect(again).to.have.length(seen.length)
    expect(await store.events(long.id)).to.have.length(seen.length)
    expect(await store.get(long.id)).to.deep.include({
      progress: { step: 300, total_steps: 300, loss: 0.1155 },
    })
    await provider.cancel(run)
    expect((await store.get(run.id)).status).to.equal('cancelled')
  })

  it('cancels a job although the answer to that is cut, and a run that was never sent', async () => {
    await serve({ faults: { cut: 1, on: /cancel$/, seed: 1 } })
    const [sent, unsent] = (await createRuns(2)) as [RunRecord, RunRecord]
    await provider.submit(sent, { signal })
    expect((await provider.cancel(sent)).status).to.equal('cancelled')
    expect(fake.requests.filter(({ fault }) => fault === 'cut')).not.to.be.empty
    expect((await provider.cancel(unsent)).status).to.equal('cancelled')
    expect(jobs()).to.have.length(1)
  })

  it('knows which models can be fine-tuned, and until when', async () => {
    await serve()
    provider = new OpenAIProvider({
      store,
      toolVersion: '0.0.0',
      now: () => new Date('2026-11-24T00:00:00Z'),
    })
    const models = await provider.models()
    expect(models.map(({ name }) => name)).to.deep.equal([
      'gpt-4.1-2025-04-14',
      MODEL,
      'gpt-4o-2024-08-06',
      'gpt-4o-mini-2024-07-18',
    ])
    expect(models[1]?.description).to.equal('$5.00 for 1,000,000 trained tokens, until 2027-01-14')
  })

  it('remembers uploads in whole lines, and mends what it cannot read', async () => {
    await serve()
    const [first] = await createRuns(1)
    await provider.submit(first!, { signal })
    const path = join(store.home, 'uploads.jsonl')
    const line = await readFile(path, 'utf8')
    expect(JSON.parse(line)).to.include({ file_id: 'file-1', base_url: fake.url })
    await writeFile(path, `not JSON\n${line.slice(0, 30)}`)
    const [second] = await createRuns(1)
    expect((await provider.submit(second!, { signal })).remote?.training_file).to.equal('file-2')
    expect(await readFile(path, 'utf8')).to.match(/^not JSON\n\{.*"file-2".*\}\n$/)
  })
})

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of items);
}
