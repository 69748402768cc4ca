import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { readManifest } from '../../../../src/lib/datasets/write-dataset.ts'
import { listWaiting } from '../../../../src/lib/tracking/wandb/waiting.ts'
import { createInstructions } from '../../../helpers/create-instructions.ts'
import { failure } from '../../../helpers/failure.ts'
import { recordSummary } from '../../../helpers/record-summary.ts'
import { WandbBench } from '../../../helpers/wandb-bench.ts'

describe('writing evaluations to W&B', () => {
  let bench: WandbBench
  beforeEach(async () => {
    bench = await WandbBench.open()
    await bench.record({ id: 'ft-1' })
    await bench.train('ft-1', 1, 3)
  })
  afterEach(async () => {
    await bench.close()
    expect(bench.fake.violations).to.deep.equal([])
  })

  const record = (id = 'ft-1') => bench.tracker().recordEvaluation(id)

  it('logs accuracies and log-probabilities of each split in one row after the training', async () => {
    await bench.evaluate('ft-1')
    await record()
    const row = bench.history('ft-1')[3]
    expect(row).to.include({
      _step: 4,
      _timestamp: Date.parse('2026-11-24T10:00:30Z') / 1000,
      p2d_prompts_test_accuracy: 0.5,
      p2d_prompts_test_mean_log_probs: -1.5,
      d2p_prompts_test_accuracy: 1,
    })
    expect(row).to.not.have.property('d2p_prompts_test_mean_log_probs')
    expect(bench.summary('ft-1')).to.include({ p2d_prompts_test_accuracy: 0.5, train_loss: 1 / 3 })
    expect(bench.fake.run('ft-1').state).to.equal('finished')
  })

  it('adds a table of each split, in the order of the data set, and one of the training set', async () => {
    await bench.evaluate('ft-1')
    await record()
    const { columns, data } = bench.table('ft-1', 'p2d_prompts_test')
    expect(columns).to.deep.equal(['prompt', 'target', 'matched_', 'logprobs_', 'completion_'])
    expect(data).to.have.length(12)
    expect(data.slice(0, 3)).to.deep.equal([
      ['prompt 0', 'target 0', false, -1, ' answer 0'],
      ['prompt 1', 'target 1', true, -2, ' answer 1'],
      ['prompt 2', 'target 2', false, -3, ' answer 2'],
    ])
    expect(data[11]?.[0]).to.equal('prompt 11')
    expect(bench.table('ft-1', 'train').data).to.have.length(3)
    expect(bench.summary('ft-1').d2p_prompts_test).to.include({ _type: 'table-file', nrows: 2, ncols: 5 })
  })

  it('writes experiment 3 under the original’s names', async () => {
    const metrics = { prefix_accuracy: 0.75, mean_logprob: -2 }
    await bench.evaluate('ft-1', {
      id: 'qa-1',
      evaluator: { name: 'qa', version: 1, plugin: 'reversal' },
      splits: [
        { split: 'realized_examples', samples: 4, metrics },
        { split: 'unrealized_examples', samples: 2, metrics: { prefix_accuracy: 0, mean_logprob: null } },
      ],
    })
    await record()
    const summary = bench.summary('ft-1')
    expect(summary).to.include({ 're.acc_': 0.75, 're.logprobs_': -2, 'ue.acc_': 0 })
    expect(summary).to.not.have.property('ue.logprobs_')
    expect(bench.config('ft-1')).to.include({
      're.eval_file': 'tiny/realized_examples.jsonl',
      're.eval_samples': 4,
      'ue.eval_file': 'tiny/unrealized_examples.jsonl',
      'ue.eval_samples': 2,
    })
    expect(bench.table('ft-1', 'table_tiny/realized_examples').data).to.have.length(4)
    expect(bench.history('ft-1')[3]).to.have.property('table_tiny/unrealized_examples')
    expect([...bench.fake.run('ft-1').files.keys()]).to.include('tiny/unrealized_examples.jsonl')
  })

  it('writes all metrics and measures of any other evaluator', async () => {
    await bench.evaluate('ft-1', {
      id: 'shout-1',
      evaluator: { name: 'shout', version: 1, plugin: 'reversal-plugin-shout' },
      splits: [{ split: 'shout', samples: 1, metrics: { loud_accuracy: 1, none: null } }],
    })
    await record()
    expect(bench.summary('ft-1')).to.include({ shout_loud_accuracy: 1 })
    expect(bench.table('ft-1', 'shout').columns).to.deep.equal([
      ...['prompt', 'target', 'prefix_match', 'exact_match', 'logprob', 'logprob_per_token'],
      'completion_',
    ])
  })

  it('writes how many prompts got no answer, and no accuracy where that is most of them', async () => {
    const none = { empty: 0, cut_off: 0, filtered: 0, refused: 2 }
    await bench.evaluate('ft-1', {
      splits: [
        {
          ...{ split: 'p2d_prompts_test', samples: 3, metrics: { prefix_accuracy: null } },
          ...{ no_answers: none, not_measured: 'no answer to 2 of 3 prompts (2 refused)' },
        },
      ],
    })
    await record()
    expect(bench.summary('ft-1')).to.include({ p2d_prompts_test_refused: 2 })
    for (const name of ['accuracy', 'empty']) {
      expect(bench.summary('ft-1')).to.not.have.property(`p2d_prompts_test_${name}`)
    }
  })

  it('writes an evaluation once, and again where it came out otherwise', async () => {
    const summary = await bench.evaluate('ft-1')
    await record()
    expect(await record()).to.include({ changed: false })
    await bench.evaluate('ft-1', {}, 'forwards')
    expect(await record()).to.include({ changed: false })
    const [first, second] = summary.splits
    await bench.evaluate('ft-1', { splits: [{ ...first!, metrics: { prefix_accuracy: 0.9 } }, second!] })
    expect(await record()).to.include({ changed: true, lines: 1 })
    expect(bench.history('ft-1').map(({ _step }) => _step)).to.deep.equal([1, 2, 3, 4, 5])
    expect(bench.summary('ft-1').p2d_prompts_test_accuracy).to.equal(0.9)
  })

  it('leaves out what is not complete, and tables whose samples are gone', async () => {
    await bench.evaluate('ft-1', { status: 'interrupted' })
    await record()
    expect(bench.history('ft-1')).to.have.length(3)
    await recordSummary(bench.store, 'ft-1', await bench.evaluate('ft-1', { id: 'reverse-2', splits: [] }))
    await record()
    expect(bench.history('ft-1')).to.have.length(4)
  })

  it('is not doubled by another machine that has the same evaluation', async () => {
    await bench.evaluate('ft-1')
    await record()
    const other = await WandbBench.open()
    await other.record({ id: 'ft-1' })
    await other.train('ft-1', 1, 3)
    const { dataset } = await bench.evaluate('ft-1')
    await other.evaluate('ft-1', { dataset })
    await other.tracker({ baseUrl: bench.fake.url }).sync('ft-1')
    expect(bench.history('ft-1')).to.have.length(4)
    await other.close()
  })

  it('adds to a run that only W&B has', async () => {
    const run = bench.fake.database.add('ada', 'reversal', 'ftjob-far')
    run.history.push('{"_step":7}')
    run.summary = '{"_step":7,"train_loss":1}'
    run.state = 'finished'
    await bench.evaluate('ftjob-far')
    await record('ftjob-far')
    expect(bench.history('ftjob-far')[1]).to.include({ _step: 8, p2d_prompts_test_accuracy: 0.5 })
    expect(bench.summary('ftjob-far')).to.include({ train_loss: 1, _step: 8 })
    expect(run).to.include({ state: 'finished', displayName: 'ftjob-far' })
  })

  it('makes no run if only an evaluation is known', async () => {
    await bench.evaluate('ftjob-gone')
    expect((await failure(record('ftjob-gone'))).code).to.equal('WANDB_NO_RUN')
    expect(bench.fake.database.runs).to.deep.equal([])
  })

  it('keeps a result that cannot be sent, and sends it with the next sync', async () => {
    await bench.evaluate('ft-1')
    const offline = bench.tracker({ baseUrl: 'http://127.0.0.1:1' })
    const { suggestions } = await failure(offline.recordEvaluation('ft-1'))
    expect(suggestions).to.deep.equal(['nothing is lost; send it later: reversal runs:sync'])
    await bench.tracker().sync('ft-1')
    expect(bench.history('ft-1')[3]).to.include({ p2d_prompts_test_accuracy: 0.5 })
  })

  describe('is seen in the states of runs', () => {
    const states = async (options = {}) => {
      const runs = await bench.store.list()
      const warnings: string[] = []
      const onUnavailable = ({ message }: Error) => warnings.push(message)
      const tracker = bench.tracker(options)
      return { states: Object.fromEntries(await tracker.states(runs, { onUnavailable })), warnings }
    }

    it('as W&B has them', async () => {
      await bench.record({ id: 'ft-2' })
      await bench.record({ id: 'ft-3', fine_tuned_model: 'ft:gpt:3' })
      await bench.tracker().sync('ft-2')
      await bench.evaluate('ft-1')
      await record()
      const other = bench.fake.database.add('ada', 'reversal', 'renamed')
      other.config = '{"fine_tuned_model":{"value":"ft:gpt:3"},"ue.eval_file":{"value":"x"}}'
      expect(await states()).to.deep.equal({
        states: {
          'ft-1': { synced: true, evaluated: true },
          'ft-2': { synced: true, evaluated: false },
          'ft-3': { synced: true, evaluated: true },
        },
        warnings: [],
      })
    })

    it('without taking a training’s accuracy for an evaluation', async () => {
      const at = '2026-11-24T09:31:00.000Z'
      const data = { train_accuracy: 1, valid_mean_token_accuracy: 1, full_valid_mean_token_accuracy: 1 }
      await bench.store.log('ft-1', [{ at, type: 'step', step: 4, data }])
      await record()
      expect((await states()).states['ft-1']).to.deep.equal({ synced: true, evaluated: false })
    })

    it('as this machine has sent them, where W&B cannot be reached', async () => {
      await bench.evaluate('ft-1')
      await record()
      bench.fake.faults.plan({ on: 'any', fault: { status: 429, headers: { 'retry-after': '900' } } })
      const { states: known, warnings } = await states()
      expect(known).to.deep.equal({ 'ft-1': { synced: true, evaluated: true } })
      expect(warnings[0]).to.match(/asks for a pause of 900 s/)
    })

    it('as nothing, where the project is not there', async () => {
      const { states: none, warnings } = await states({ project: 'typo' })
      expect(none).to.deep.equal({ 'ft-1': { synced: false, evaluated: false } })
      expect(warnings).to.deep.equal(['There is no project ada/typo on Weights & Biases.'])
    })
  })

  describe('has runs of data sets beside it', () => {
    async function create() {
      const directory = await createInstructions(bench.home, 'mine', { notes: 'a note' })
      return { directory, name: basename(directory), manifest: (await readManifest(directory))! }
    }

    it('with job type, options, notes and files, the same for the same files', async () => {
      const dataset = await create()
      const { name, created } = await bench.tracker().recordDataset(dataset)
      expect(created).to.equal(true)
      const { displayName, jobType, notes, state, files, uploaded } = bench.fake.run(name)
      expect({ displayName, jobType, notes, state }).to.deep.equal({
        displayName: dataset.name,
        jobType: 'dataset',
        notes: 'a note',
        state: 'finished',
      })
      expect(bench.config(name)).to.deep.include({ task: dataset.manifest.kind, seed: 27 })
      expect(bench.history(name)).to.have.length(1)
      expect(bench.history(name)[0]).to.include({ all: `data/qa/${dataset.name}/all.jsonl` })
      const all = files.get(`${dataset.name}/all.jsonl`)
      expect(String(all)).to.equal(await readFile(join(dataset.directory, 'all.jsonl'), 'utf8'))
      expect(uploaded.size).to.equal(4)
      expect(await bench.tracker().recordDataset(await create())).to.include({ name, changed: false })
    })

    it('and says where the data set is another one by now', async () => {
      const dataset = await create()
      const offline = bench.tracker({ baseUrl: 'http://127.0.0.1:1' })
      await failure(offline.recordDataset(dataset))
      await createInstructions(bench.home, 'mine', { seed: 28 })
      const [{ name } = { name: '' }] = await listWaiting(bench.store)
      const { message } = await failure(bench.tracker().sync(name))
      expect(message).to.equal(`${dataset.directory} no longer holds the data set of ${name}.`)
    })

    it('which wait where W&B cannot be reached', async () => {
      const offline = bench.tracker({ baseUrl: 'http://127.0.0.1:1' })
      await failure(offline.recordDataset(await create()))
      const [{ name } = { name: '' }] = await listWaiting(bench.store)
      expect(name).to.match(/^dataset-[0-9a-f]{12}$/)
      await bench.tracker().sync(name)
      expect(bench.fake.run(name).jobType).to.equal('dataset')
    })
  })
})
