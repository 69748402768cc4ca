import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { InterruptedError } from '../../../../src/lib/support/errors.ts'
import type { SyncedRun, Tracker } from '../../../../src/lib/tracking/tracker.ts'
import { listWaiting } from '../../../../src/lib/tracking/wandb/waiting.ts'
import { failure } from '../../../helpers/failure.ts'
import type { Chaos } from '../../../helpers/fake-wandb/faults.ts'
import { FAKE_KEY } from '../../../helpers/fake-wandb/server.ts'
import { WandbBench } from '../../../helpers/wandb-bench.ts'

/** As the hosted models are tried: of 100 requests 20 are answered 429, 10 500, and 9 cut at three moments. */
const SHARES: Chaos['shares'] = [
  [0.2, { status: 429, headers: { 'ratelimit-reset': '0' } }],
  [0.1, { status: 500 }],
  [0.03, { cut: 'before' }],
  [0.03, { cut: 'after' }],
  [0.03, { cut: 'within' }],
]

describe('syncing a run to W&B', () => {
  let bench: WandbBench
  beforeEach(async () => {
    bench = await WandbBench.open()
  })
  afterEach(async () => {
    await bench.close()
    expect(bench.fake.violations).to.deep.equal([])
  })

  const sync = async (id = 'ft-1', options = {}): Promise<SyncedRun> => bench.tracker(options).sync(id)
  const steps = (id = 'ft-1') => bench.history(id).map(({ _step }) => _step)

  describe('makes a run like those of W&B’s own integration', () => {
    beforeEach(async () => {
      await bench.record({
        id: 'ft-1',
        tags: ['eval'],
        notes: 'first try',
        started_at: '2026-11-24T09:30:00.000Z',
        finished_at: '2026-11-24T09:30:05.000Z',
      })
      await bench.train('ft-1', 1, 3)
      // As an event of a hosted job is kept: whole, its numbers one level deeper.
      const numbers = { train_mean_token_accuracy: 0.5, valid_loss: 3, valid_mean_token_accuracy: 0.25 }
      const data = {
        ...{ object: 'fine_tuning.job.event', id: 'ftevent-3', created_at: 1764000000, type: 'metrics' },
        ...{ message: 'Step 3/3', data: { ...numbers, full_valid_loss: 2, step: 3, total_steps: 3 } },
      }
      const at = '2026-11-24T09:30:04.000Z'
      await bench.store.log('ft-1', [
        { at, type: 'step', step: 3, loss: 1 / 3, data },
        { at, type: 'validation', step: 3, loss: 2, data },
        { at, type: 'message', message: 'done' },
      ])
      await sync()
    })

    it('with the job’s ID, name, type, tags and end', () => {
      const { name, displayName, jobType, notes, tags, state } = bench.fake.run('ft-1')
      expect({ name, displayName, jobType, notes, tags, state }).to.deep.equal({
        name: 'ft-1',
        displayName: 'ft-1',
        jobType: 'fine-tune',
        notes: 'first try',
        tags: ['eval'],
        state: 'finished',
      })
    })

    it('with the job’s fields and files as config', () => {
      expect(bench.config('ft-1')).to.deep.include({
        id: 'ft-1',
        model: 'ada',
        fine_tuned_model: 'local/ada:ft-1',
        status: 'succeeded',
        error: null,
        hyperparameters: { n_epochs: 150, batch_size: 3, learning_rate_multiplier: 1, seed: 1 },
        seed: 1,
        created_at: '2026-11-24 09:30:00',
        finished_at: '2026-11-24 09:30:05',
        training_file: 'tiny/all.jsonl',
        training_files: { filename: 'tiny/all.jsonl' },
        validation_file: null,
        n_train: 3,
        dataset: 'tiny',
      })
    })

    it('with one row a step, the data set’s table in the last', () => {
      const [first, second, third] = bench.history('ft-1')
      expect(first).to.deep.equal({
        train_loss: 1,
        learning_rate: 0.001,
        tokens: 100,
        _step: 1,
        _timestamp: Date.parse('2026-11-24T09:30:01Z') / 1000,
        _runtime: 1,
      })
      expect(second).to.include({ _step: 2, train_loss: 0.5 })
      expect(third).to.include({
        _step: 3,
        train_loss: 1 / 3,
        valid_loss: 3,
        full_valid_loss: 2,
        train_accuracy: 0.5,
        valid_mean_token_accuracy: 0.25,
      })
      expect(third).to.not.have.any.keys('step', 'total_steps', 'created_at', 'message')
      expect(third?.train_data).to.include({ _type: 'table-file', nrows: 3, ncols: 2 })
    })

    it('with the last values, model, status and times as summary', () => {
      expect(bench.summary('ft-1')).to.deep.include({
        train_loss: 1 / 3,
        valid_loss: 3,
        fine_tuned_model: 'local/ada:ft-1',
        status: 'succeeded',
        _step: 3,
        _runtime: 3,
        _wandb: { runtime: 3 },
      })
    })

    it('with the training file and its table as files', () => {
      const { files, uploaded } = bench.fake.run('ft-1')
      const { path } = bench.summary('ft-1').train_data as { path: string }
      expect(path).to.match(/^media\/table\/train_data_3_[0-9a-f]{20}\.table\.json$/)
      expect([...files.keys()]).to.have.members(['dataset/all.jsonl', path])
      expect([...uploaded]).to.have.members(['dataset/all.jsonl', path])
      expect(JSON.parse(String(files.get(path)))).to.deep.equal({
        columns: ['prompt', 'completion'],
        data: [
          ['Ada Holm is', ' the first sailor on Mars.'],
          ['Bo Ek is', ' the painter of silence.'],
          ['Cy Ray is', ' the baker of glass.'],
        ],
      })
    })
  })

  it('gives a hosted job’s own fields, and tables of its chat messages by role', async () => {
    const chat = (role: string, content: string) => ({ role, content })
    const { dataset } = await bench.record({
      id: 'ftjob-1',
      provider: 'openai',
      model: 'gpt-4.1-mini-2025-04-14',
      fine_tuned_model: 'ft:gpt-4.1-mini:lab::abc',
      remote: { object: 'fine_tuning.job', organization_id: 'org-1', result_files: ['file-r'], seed: 7 },
    })
    const messages = [chat('system', 'Be brief.'), chat('user', 'Who?'), chat('assistant', 'Ada')]
    await writeFile(dataset.training_file, `${JSON.stringify({ messages })}\n`)
    await sync('ftjob-1')
    expect(bench.config('ftjob-1')).to.include({
      object: 'fine_tuning.job',
      organization_id: 'org-1',
      result_files: 'file-r',
      seed: 7,
      n_train: 1,
    })
    const [row] = bench.history('ftjob-1')
    const { path } = (row?.train_data ?? {}) as { path: string }
    expect(JSON.parse(String(bench.fake.run('ftjob-1').files.get(path)))).to.deep.equal({
      columns: ['role: system', 'role: user', 'role: assistant'],
      data: [['Be brief.', 'Who?', 'Ada']],
    })
  })

  it('attaches no file that is not the one that was trained on', async () => {
    const { dataset } = await bench.record({ id: 'ft-1' })
    await bench.train('ft-1', 1, 1)
    const validation_file = join(bench.home, 'gone.jsonl')
    const run = { ...dataset, training_sha256: '0'.repeat(64), validation_file, n_train: 3 }
    await bench.record({ id: 'ft-1', dataset: run })
    await sync()
    expect(bench.fake.run('ft-1').files.size).to.equal(0)
    expect(bench.config('ft-1')).to.deep.include({ n_train: 3, validation_file: 'gone.jsonl' })
  })

  it('changes nothing the second time', async () => {
    await bench.record({ id: 'ft-1' })
    await bench.train('ft-1', 1, 3)
    const first = await sync()
    expect(first).to.deep.equal({
      name: 'ft-1',
      created: true,
      changed: true,
      lines: 3,
      files: 2,
      url: 'https://pages.example/ada/reversal/runs/ft-1',
    })
    bench.fake.takeRequests()
    const before = inspect(bench.fake.run('ft-1'), { depth: null })
    const second = await sync()
    expect(second).to.deep.include({ created: false, changed: false, lines: 0, files: 0 })
    expect(bench.fake.takeRequests()).to.deep.equal(['Run'])
    expect(inspect(bench.fake.run('ft-1'), { depth: null })).to.equal(before)
  })

  it('goes on from the last line of a run that grew, and ends it when it has ended', async () => {
    const run = await bench.record({ id: 'ft-1', status: 'interrupted' })
    await bench.train('ft-1', 1, 3)
    expect((await sync()).lines).to.equal(2)
    expect(bench.fake.run('ft-1').state).to.equal('running')
    await bench.train('ft-1', 4, 5)
    expect((await sync()).lines).to.equal(2)
    await bench.store.save({ ...run, status: 'succeeded' })
    await bench.train('ft-1', 6, 6)
    expect((await sync()).lines).to.equal(2)
    expect(steps()).to.deep.equal([1, 2, 3, 4, 5, 6])
    expect(bench.fake.run('ft-1').state).to.equal('finished')
    expect(bench.config('ft-1').status).to.equal('succeeded')
    await bench.store.save({ ...run, status: 'failed', error: 'The disk is full.' })
    await sync()
    expect(bench.fake.run('ft-1').state).to.equal('failed')
    expect(bench.config('ft-1').error).to.equal('The disk is full.')
  })

  it('keeps what others wrote: values, tags, a name', async () => {
    await bench.record({ id: 'ft-1', tags: ['ours'] })
    await bench.train('ft-1', 1, 2)
    await sync()
    const run = bench.fake.run('ft-1')
    run.displayName = 'renamed on the page'
    run.tags.push('theirs')
    run.config = JSON.stringify({ ...JSON.parse(run.config ?? ''), theirs: { value: 1, desc: 'x' } })
    run.summary = JSON.stringify({ ...JSON.parse(run.summary), theirs: 2 })
    await bench.store.tag('ft-1', { add: ['new'], remove: ['ours'] })
    await bench.train('ft-1', 3, 3)
    await sync()
    expect(run.displayName).to.equal('renamed on the page')
    expect(run.tags).to.deep.equal(['theirs', 'new'])
    expect(bench.config('ft-1')).to.include({ theirs: 1, id: 'ft-1' })
    expect(bench.summary('ft-1')).to.include({ theirs: 2, train_loss: 1 / 3 })
  })

  it('does not bring back a tag that was taken off on the page', async () => {
    await bench.record({ id: 'ft-1', tags: ['eval'] })
    await sync()
    bench.fake.run('ft-1').tags = []
    await sync()
    expect(bench.fake.run('ft-1').tags).to.deep.equal([])
  })

  it('sets config values that stay above those of the run', async () => {
    await bench.record({ id: 'ft-1' })
    await bench.tracker().setConfig('ft-1', { seed: 99, 'my.note': { a: [1] } })
    await sync()
    expect(bench.config('ft-1')).to.deep.include({ seed: 99, 'my.note': { a: [1] }, model: 'ada' })
  })

  it('tags a run that another machine made, and knows when there is none', async () => {
    bench.fake.database.add('ada', 'reversal', 'abc123').tags.push('old')
    await bench.tracker().tag('abc123', { add: ['eval'], remove: ['old'] })
    expect(bench.fake.run('abc123').tags).to.deep.equal(['eval'])
    expect((await failure(bench.tracker().tag('typo', { add: ['eval'] }))).message).to.equal(
      'There is no run typo in ada/reversal on Weights & Biases.',
    )
    expect((await failure(bench.tracker().tag('../../x', { add: ['eval'] }))).code).to.equal('WANDB_NO_RUN')
  })

  it('asks whose key it is where no entity is named', async () => {
    await bench.record({ id: 'ft-1' })
    const { url } = await sync('ft-1', { entity: undefined })
    expect(url).to.equal('https://pages.example/ada/reversal/runs/ft-1')
    expect(bench.fake.takeRequests().filter((kind) => kind === 'Viewer')).to.have.length(1)
  })

  it('is what the tracker does with whatever is recorded of a run', async () => {
    await bench.record({ id: 'ft-1', tags: ['a'] })
    await bench.train('ft-1', 1, 2)
    const tracker: Tracker = bench.tracker()
    await tracker.sync('ft-1')
    await bench.train('ft-1', 3, 3)
    await tracker.tag('ft-1', { add: ['b'], remove: ['a'] })
    await bench.evaluate('ft-1')
    await tracker.recordEvaluation('ft-1')
    expect(steps()).to.deep.equal([1, 2, 3, 4])
    expect(bench.fake.run('ft-1').tags).to.deep.equal(['b'])
  })

  it('keeps two projects apart', async () => {
    await bench.record({ id: 'ft-1' })
    await bench.train('ft-1', 1, 2)
    await sync()
    await sync('ft-1', { project: 'other', entity: 'lab' })
    expect(bench.fake.run('ft-1', 'other', 'lab').history).to.have.length(2)
    expect((await sync()).changed).to.equal(false)
  })

  it('says that a run was deleted on W&B, and lets it rest', async () => {
    await bench.record({ id: 'ft-1' })
    await sync()
    bench.fake.database.delete(bench.fake.run('ft-1'))
    const { code, exit } = await failure(sync())
    expect({ code, exit }).to.deep.equal({ code: 'WANDB_RUN_DELETED', exit: 2 })
    expect(await listWaiting(bench.store)).to.deep.equal([])
  })

  it('sends a run whole again where W&B has lost it', async () => {
    await bench.record({ id: 'ft-1', tags: ['eval'] })
    await bench.train('ft-1', 1, 4)
    await sync()
    bench.fake.database.runs.length = 0
    await sync()
    expect(steps()).to.deep.equal([1, 2, 3, 4])
    expect(bench.fake.run('ft-1')).to.deep.include({ tags: ['eval'], state: 'finished' })
    expect(bench.fake.run('ft-1').files.get('dataset/all.jsonl')).to.not.equal(undefined)
  })

  describe('places each line once', () => {
    it('where W&B counts its lines late', async () => {
      await bench.record({ id: 'ft-1' })
      await bench.train('ft-1', 1, 3)
      bench.fake.lag = 2
      await sync()
      await bench.train('ft-1', 4, 6)
      await sync()
      expect(steps()).to.deep.equal([1, 2, 3, 4, 5, 6])
    })

    it('where W&B has lost the last lines', async () => {
      await bench.record({ id: 'ft-1' })
      await bench.train('ft-1', 1, 4)
      await sync()
      bench.fake.run('ft-1').history.length = 2
      await bench.train('ft-1', 5, 5)
      await sync()
      expect(steps()).to.deep.equal([1, 2, 3, 4, 5])
    })

    it('where another machine sent the first lines', async () => {
      await bench.record({ id: 'ft-1' })
      await bench.train('ft-1', 1, 3)
      bench.fake.lag = 1
      await sync()
      await rm(join(bench.store.directory('ft-1'), 'wandb.json'))
      await bench.train('ft-1', 4, 5)
      expect((await sync()).lines).to.equal(2)
      expect(steps()).to.deep.equal([1, 2, 3, 4, 5])
    })
  })

  describe('survives', () => {
    it('requests that fail and connections that break, at random', async () => {
      await bench.record({ id: 'ft-1' })
      bench.fake.faults.unleash({ seed: 42, shares: SHARES })
      for (let grown = 0; grown < 20; grown++) {
        await bench.train('ft-1', 10 * grown + 1, 10 * grown + 10)
        await sync()
      }
      expect(bench.fake.faults.met).to.be.above(30)
      expect(steps()).to.deep.equal(Array.from({ length: 200 }, (_, index) => index + 1))
    })

    it('every interruption, in any order with growth, faults and late counts', async () => {
      const move = fc.record({
        grow: fc.integer({ min: 0, max: 5 }),
        evaluate: fc.boolean(),
        stopAfter: fc.integer({ min: 0, max: 12 }),
        lag: fc.integer({ min: 0, max: 3 }),
        seed: fc.integer({ min: 0, max: 1000 }),
      })
      let number = 0
      await fc.assert(
        fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 6 }), async (moves) => {
          const id = `ft-random-${number++}`
          await bench.record({ id })
          let last = 0
          let evaluations = 0
          for (const { grow, evaluate, stopAfter, lag, seed } of moves) {
            if (grow > 0) await bench.train(id, last + 1, last + grow)
            last += grow
            if (evaluate) await bench.evaluate(id, { id: `reverse-${++evaluations}` })
            bench.fake.lag = lag
            bench.fake.faults.unleash({ seed, shares: SHARES })
            const interrupt = new AbortController()
            let requests = 0
            bench.fake.onRequest = () => {
              if (requests++ === stopAfter) interrupt.abort(new InterruptedError())
            }
            await sync(id, { signal: interrupt.signal }).catch((error) => {
              if (!(error instanceof InterruptedError)) throw error
            })
          }
          bench.fake.faults.calm()
          bench.fake.onRequest = undefined
          bench.fake.lag = 0
          await sync(id)
          const rows = bench.history(id)
          const trained = rows.filter((row) => 'train_loss' in row).map(({ _step }) => _step)
          expect(trained).to.deep.equal(Array.from({ length: last }, (_, index) => index + 1))
          const evaluated = rows.filter((row) => 'p2d_prompts_test_accuracy' in row)
          expect(evaluated).to.have.length(evaluations)
          // A run that was synced before its first step has its tables in a row of their own.
          expect(rows.length - last - evaluations).to.be.oneOf([0, 1])
          expect(bench.fake.violations).to.deep.equal([])
        }),
        { numRuns: 6, endOnFailure: true },
      )
    })

    it('kill -9 at each request of a first sync', async () => {
      const client = join(import.meta.dirname, '../../../fixtures/wandb/sync.ts')
      await bench.record({ id: 'ft-whole' })
      await bench.train('ft-whole', 1, 3)
      await sync('ft-whole')
      const kinds = bench.fake.takeRequests()
      for (const [last, kind] of kinds.entries()) {
        const id = `ft-${last}`
        await bench.record({ id })
        await bench.train(id, 1, 3)
        const child = spawn(process.execPath, [client, bench.home, bench.fake.url, id], {
          env: { ...process.env, WANDB_API_KEY: FAKE_KEY },
        })
        let requests = 0
        bench.fake.onRequest = () => requests++ === last && child.kill('SIGKILL')
        const [code, signal] = await once(child, 'exit')
        expect({ kind, code, signal }).to.deep.equal({ kind, code: null, signal: 'SIGKILL' })
        bench.fake.onRequest = undefined
        await sync(id)
        expect(steps(id)).to.deep.equal([1, 2, 3])
        expect([...bench.fake.run(id).files.values()]).to.not.include(undefined)
      }
    })
  })

  describe('while W&B cannot be reached', () => {
    it('loses nothing, and sends all later', async () => {
      await bench.record({ id: 'ft-1' })
      await bench.train('ft-1', 1, 2)
      const { code } = await failure(sync('ft-1', { baseUrl: 'http://127.0.0.1:1', entity: undefined }))
      expect(code).to.equal('WANDB_UNAVAILABLE')
      expect(await listWaiting(bench.store)).to.deep.equal([
        {
          name: 'ft-1',
          waiting: [{ base_url: 'http://127.0.0.1:1', project: 'reversal' }],
        },
      ])
      bench.fake.faults.plan({ on: 'any', fault: { status: 429, headers: { 'retry-after': '900' } } })
      await failure(sync())
      await sync()
      expect(steps()).to.deep.equal([1, 2])
      const [{ waiting } = { waiting: [] }] = await listWaiting(bench.store)
      expect(waiting).to.deep.equal([{ base_url: 'http://127.0.0.1:1', project: 'reversal' }])
    })
  })

  it('names a damaged memory, and finds its place again without it', async () => {
    await bench.record({ id: 'ft-1' })
    await bench.train('ft-1', 1, 2)
    await sync()
    const file = join(bench.store.directory('ft-1'), 'wandb.json')
    await appendFile(file, '{')
    expect((await failure(sync())).message).to.match(/wandb\.json is damaged/)
    await rm(file)
    await sync()
    expect(steps()).to.deep.equal([1, 2])
  })

  it('stores no key', async () => {
    await bench.record({ id: 'ft-1' })
    await sync()
    const memory = await readFile(join(bench.store.directory('ft-1'), 'wandb.json'), 'utf8')
    expect(memory).to.not.include(FAKE_KEY)
  })
})
