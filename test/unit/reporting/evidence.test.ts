import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ConfiguredRun } from '../../../src/lib/evaluation/configuration.ts'
import type { EvaluatorDescriptor } from '../../../src/lib/evaluation/evaluator.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { apiVersion } from '../../../src/lib/extensions/extensions.ts'
import { collectEvidence } from '../../../src/lib/reporting/evidence/collect-evidence.ts'
import { groupLabels } from '../../../src/lib/reporting/evidence/groups.ts'
import { lossCurve } from '../../../src/lib/reporting/evidence/loss-curve.ts'
import { secondsTrained } from '../../../src/lib/reporting/evidence/training-time.ts'
import type { EvaluationSummary } from '../../../src/lib/schemas/evaluation.ts'
import type { RunEvent } from '../../../src/lib/schemas/run.ts'
import { chooseEvaluations, supersededEvaluations } from '../../../src/lib/tracking/choose-evaluations.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { createSmallDataset, recordEvaluatedRun } from '../../helpers/record-evaluated-run.ts'

describe('the evidence of runs', () => {
  let home: string
  let dataset: string

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'evidence-'))
    dataset = (await createSmallDataset(home)).directory
    await recordEvaluatedRun({ home, id: 'ft-one', dataset, rankAll: true })
    await recordEvaluatedRun({ home, id: 'ft-two', dataset, hyperparameters: { seed: 2 } })
    const { hyperparameters, ...rest } = await new RunStore(home).get('ft-one')
    await new RunStore(home).save({ ...rest, hyperparameters, id: 'ft-bare' })
  })
  after(() => rm(home, { recursive: true }))

  const collect = async (...ids: string[]) => {
    const store = new RunStore(home)
    return collectEvidence({
      store,
      evaluators: builtInExtensions().evaluators,
      runs: await Promise.all(ids.map((id) => store.get(id))),
    })
  }

  it('holds the scores of every prompt with its fact and template', async () => {
    const { runs, warnings } = await collect('ft-one')
    const { directions, losses, manifest, evaluations } = runs[0]!
    expect(warnings).to.deep.equal([])
    expect(manifest?.seed).to.equal(1)
    expect(evaluations).to.have.length(1)
    expect(losses.validation).to.deep.equal([
      { step: 50, loss: 4 },
      { step: 100, loss: 4.5 },
    ])
    const scores = directions!.splits.get('d2p_prompts_test')!
    expect(scores).to.have.length(24)
    expect(new Set(scores.map(({ fact }) => fact))).to.have.length(6)
    expect(scores.filter(({ template }) => template === 4)).to.have.length(6)
    const known = scores.filter(({ right }) => right === 1)
    expect(known).to.have.length(20)
    for (const { logprob, ranking } of known) {
      expect(logprob).to.equal(-0.5)
      expect(ranking).to.include({ names: 18, rank: 1, winRate: 1, peerWinRate: 1 })
      expect(ranking!.incorrect).to.be.within(-10, -6)
    }
  })

  it('draws one incorrect name a fact, the same at each reading', async () => {
    const incorrect = async () => {
      const { runs } = await collect('ft-one')
      return runs[0]!.directions!.splits.get('d2p_prompts_test')!.map(({ ranking }) => ranking!.incorrect)
    }
    expect(await incorrect()).to.deep.equal(await incorrect())
  })

  it('knows what the prompts of a template have in common', async () => {
    const { runs } = await collect('ft-one')
    const frame = runs[0]!.directions!.templates.get('p2d_prompts_test 1')!
    const prompts = runs[0]!.directions!.splits.get('p2d_prompts_test')!
    expect(prompts[0]!.fact).to.match(/^\S+ \S+/)
    expect(frame.start.length + frame.end.length).to.be.above(5)
    expect(frame.start + frame.end).not.to.include(prompts[0]!.fact)
  })

  it('has no ranks where only the right answer was scored', async () => {
    const { runs } = await collect('ft-two')
    const scores = runs[0]!.directions!.splits.get('d2p_prompts_test')!
    expect(scores.every(({ ranking }) => ranking === null)).to.equal(true)
  })

  it('has the other evaluations of a run whose one summary is damaged', async () => {
    const broken = join(new RunStore(home).evaluationsDirectory('ft-one'), 'reverse-0')
    await mkdir(broken)
    await writeFile(join(broken, 'summary.json'), '{"id": 3}')
    const { runs, warnings } = await collect('ft-one')
    expect(runs[0]!.evaluations).to.have.length(1)
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/reverse-0\/summary\.json is damaged: /)
    await rm(broken, { recursive: true })
  })

  it('tells of an evaluation that it leaves out, and of answers that were scored by other rules', async () => {
    const store = new RunStore(home)
    const [summary] = await store.evaluations('ft-two')
    const directory = join(store.evaluationsDirectory('ft-two'), summary!.id)
    const paths = ['summary.json', 'samples.jsonl'].map((name) => join(directory, name)) as [string, string]
    const [before, journal] = await Promise.all(paths.map((path) => readFile(path, 'utf8')))

    await writeFile(paths[1], journal!.replaceAll('"prefix_match":1', '"prefix_match":0'))
    const scoredBefore = summary!.splits.map((own) => ({
      ...own,
      metrics: { ...own.metrics, prefix_accuracy: 0 },
    }))
    await writeFile(paths[0], JSON.stringify({ ...summary, splits: scoredBefore }))
    const changed = journal!.split('"prefix_match":1').length - 1
    expect(changed).to.be.above(1)
    expect((await collect('ft-two')).warnings).to.deep.equal([
      `An earlier version scored ${changed} answers of ft-two by older rules: reversal eval:run ft-two scores them again without asking the model.`,
    ])
    await Promise.all([writeFile(paths[1], journal!), writeFile(paths[0], before!)])
    expect((await collect('ft-two')).warnings).to.deep.equal([])

    const unanswered = [{ id: 'd2p_prompts_test/1', reason: 'The server refuses the prompt.' }]
    await writeFile(paths[0], JSON.stringify({ ...summary, status: 'interrupted', unanswered }))
    const { name } = summary!.dataset
    expect((await collect('ft-two')).warnings).to.deep.equal([
      `The evaluation of ft-two by reverse on ${name} is not complete and left out: 1 prompt got no answer (The server refuses the prompt). reversal eval:run ft-two continues it.`,
    ])
    await writeFile(paths[0], before!)
  })

  it('takes no numbers from a journal that is not what its summary sums up', async () => {
    const store = new RunStore(home)
    const [summary] = await store.evaluations('ft-two')
    const path = join(store.evaluationsDirectory('ft-two'), summary!.id, 'samples.jsonl')
    const journal = await readFile(path, 'utf8')
    const lines = journal.trimEnd().split('\n')
    const of = (split: string) => lines.filter((line) => line.includes(`"split":"${split}"`))
    const [known] = of('d2p_prompts_test').filter((line) => line.includes('"prefix_match":1'))
    const unlike = {
      'is lost': [
        lines.filter((line) => line !== known),
        'holds 23 answers of d2p_prompts_test, but its summary counts 24.',
      ],
      'comes twice': [[...lines, known], 'holds 25 answers of d2p_prompts_test, but its summary counts 24.'],
      'is edited': [
        lines.map((line) => (line === known ? line.replace('"prefix_match":1', '"prefix_match":0') : line)),
        'does not have the prefix_accuracy of d2p_prompts_test that its summary tells.',
      ],
      'has another score': [
        lines.map((line) => (line === known ? line.replaceAll('"logprob":-0.5', '"logprob":-0.1') : line)),
        'does not have the mean_logprob of d2p_prompts_test that its summary tells.',
      ],
    } as const
    for (const [what, [changed, message]] of Object.entries(unlike)) {
      await writeFile(path, `${changed.join('\n')}\n`)
      const { runs, warnings } = await collect('ft-two')
      expect(runs[0]!.directions, what).to.equal(undefined)
      expect(warnings).to.deep.equal([`${path} ${message}`])
    }
    await writeFile(path, journal)
    expect((await collect('ft-two')).warnings).to.deep.equal([])
  })

  it('takes the newer of two evaluations of a data set whose files have changed, and says so', async () => {
    const store = new RunStore(home)
    const [summary] = await store.evaluations('ft-two')
    // Evaluations are read in the order of their names.
    for (const id of ['reverse-000000000000', 'reverse-zzzzzzzzzzzz']) {
      const folder = join(store.evaluationsDirectory('ft-two'), id)
      await cp(join(store.evaluationsDirectory('ft-two'), summary!.id), folder, { recursive: true })
      const older = { ...summary!, id, dataset: { ...summary!.dataset, hash: 'before the change' } }
      older.created_at = '2020-01-01T00:00:00.000Z'
      await writeFile(join(folder, 'summary.json'), JSON.stringify(older))
      const { runs, warnings } = await collect('ft-two')
      expect(runs[0]!.evaluations.map((own) => own.id)).to.deep.equal([summary!.id])
      expect(runs[0]!.directions!.dataset).to.equal(summary!.dataset.hash)
      expect(warnings).to.deep.equal([
        `The files of ${summary!.dataset.name} have changed between two evaluations of ft-two by reverse: the newer one, ${summary!.id}, counts, and ${id} is left out.`,
      ])
      await rm(folder, { recursive: true })
    }
  })

  it('goes by the design that an evaluator names, whatever it is called', async () => {
    const store = new RunStore(home)
    const [summary] = await store.evaluations('ft-one')
    const path = join(store.evaluationsDirectory('ft-one'), summary!.id, 'summary.json')
    const before = await readFile(path, 'utf8')
    const evaluator = { name: 'both-ways', version: 1, plugin: 'reversal-plugin-ways' }
    await writeFile(path, JSON.stringify({ ...summary, evaluator }))
    const { evaluators } = builtInExtensions()
    const runs = [await store.get('ft-one')]
    const stranger = (await collectEvidence({ store, evaluators, runs })).runs[0]!
    expect(stranger.directions).to.equal(undefined)
    expect(stranger.others?.map(({ summary: { id }, measured }) => [id, measured?.size])).to.deep.equal([
      [summary!.id, 7],
    ])
    const open = async () => ({ ...reverseEvaluator, name: evaluator.name })
    const entry: EvaluatorDescriptor = {
      ...{ name: evaluator.name, summary: 'asks both ways', report: 'directions', open },
    }
    evaluators.add(Object.assign(entry, { apiVersion }), { plugin: evaluator.plugin })
    const known = (await collectEvidence({ store, evaluators, runs })).runs[0]!
    expect(known.directions?.splits.get('d2p_prompts_test')).to.have.length(24)
    expect(known.others).to.deep.equal([])
    await writeFile(path, before)
  })

  it('tells of one experiment that was made twice', async () => {
    await recordEvaluatedRun({ home, id: 'ft-again', dataset, hyperparameters: { seed: 2 } })
    expect((await collect('ft-one', 'ft-two')).warnings).to.deep.equal([])
    expect((await collect('ft-one', 'ft-two', 'ft-again')).warnings).to.deep.equal([
      'ft-two and ft-again have the same configuration, seed and training file: they are one experiment made again, not another repetition, and count as 2 runs.',
    ])
  })

  it('tells of a run that is not evaluated, and of a journal that is damaged', async () => {
    const store = new RunStore(home)
    const [summary] = await store.evaluations('ft-two')
    const journal = join(store.evaluationsDirectory('ft-two'), summary!.id, 'samples.jsonl')
    await appendFile(journal, '{"id": 1}\n')
    const { runs, warnings } = await collect('ft-bare', 'ft-two')
    expect(runs.map(({ directions }) => directions)).to.deep.equal([undefined, undefined])
    expect(warnings[0]).to.equal('ft-bare is not evaluated: run reversal eval:run ft-bare.')
    expect(warnings[1]).to.match(/samples\.jsonl:193 is invalid: /)
    await writeFile(journal, '')
  })
})

describe('labels of runs', () => {
  const run = (model: string, hyperparameters = {}, name = 'first'): ConfiguredRun => ({
    run: {
      ...{ id: 'ft-x', provider: 'local', model, status: 'succeeded', tags: [] },
      dataset: { name, directory: '/d', training_file: '/d/all.jsonl' },
      hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, ...hyperparameters },
      ...{ created_at: '2026-11-24T09:30:00.000Z', tool_version: '0' },
    },
  })

  it('say no more than what tells them apart, and nothing of seeds', () => {
    expect(groupLabels([run('ada', { seed: 1 }), run('ada', { seed: 2 })])).to.deep.equal(['ada', 'ada'])
    expect(groupLabels([run('ada'), run('curie')])).to.deep.equal(['ada', 'curie'])
    const hub = 'hf:acme/llama@0123'
    expect(groupLabels([run(hub), run('/models/tiny.gguf')])).to.deep.equal(['llama', 'tiny'])
    expect(groupLabels([run(hub), run('/models/llama')])).to.deep.equal([hub, '/models/llama'])
    const rates = [run('ada', { batch_size: 8 }), run('ada', { learning_rate_multiplier: 0.4, dropout: 0.1 })]
    expect(groupLabels(rates)).to.deep.equal([
      'ada, batch 8, rate × 0.2',
      'ada, batch 16, rate × 0.4, dropout 0.1',
    ])
    expect(groupLabels([run('ada'), run('ada', {}, 'second')])).to.deep.equal(['ada, first', 'ada, second'])
  })

  it('take data sets that differ in their seed alone for one', () => {
    const drawn = (seed: number, facts: number): ConfiguredRun => ({
      ...run('ada', {}, `facts${facts}_seed${seed}`),
      manifest: {
        ...{ kind: 'reverse', name: 'x', command: 'x', seed, files: {}, tool_version: '0' },
        ...{ options: { num_examples_per_group: facts }, created_at: '2026-11-24T09:30:00.000Z' },
      },
    })
    expect(groupLabels([drawn(1, 30), drawn(2, 30)])).to.deep.equal(['ada', 'ada'])
    expect(groupLabels([drawn(1, 30), drawn(2, 6)])).to.deep.equal([
      'ada, 30 examples per group',
      'ada, 6 examples per group',
    ])
  })
})

describe('the evaluations of a run', () => {
  const summary = (id: string, changes: Partial<EvaluationSummary> = {}): EvaluationSummary => ({
    ...{ id, run_id: 'ft-x', model: 'x', status: 'complete', created_at: '2026-11-24T09:30:00.000Z' },
    evaluator: { name: 'reverse', version: 2 },
    dataset: { directory: '/x', hash: 'h' },
    arguments: {},
    splits: [{ split: 's', samples: 10, metrics: {} }],
    ...changes,
  })
  const chosen = (...summaries: EvaluationSummary[]) => chooseEvaluations(summaries).map(({ id }) => id)

  it('count where they are complete, one for each evaluator and data set', () => {
    const others = [
      summary('running', { status: 'interrupted' }),
      summary('plugin', { evaluator: { name: 'shout', version: 1 } }),
      summary('elsewhere', { dataset: { directory: '/y', hash: 'i' } }),
    ]
    expect(chosen(summary('a'), ...others)).to.deep.equal(['a', 'plugin', 'elsewhere'])
  })

  it('count by the newest contents of their data set, in whatever order they lie there', () => {
    const edited = summary('edited', {
      dataset: { directory: '/x', hash: 'edited' },
      created_at: '2026-11-25T09:30:00.000Z',
      splits: [{ split: 's', samples: 4, metrics: {} }],
    })
    expect(chosen(summary('a'), edited)).to.deep.equal(['edited'])
    expect(chosen(edited, summary('a'))).to.deep.equal(['edited'])
    const superseded = supersededEvaluations([summary('a'), edited])
    expect(superseded.map(({ summary: { id }, by }) => [id, by.id])).to.deep.equal([['a', 'edited']])
    const options = { evaluator_options: { by: 'letter' } }
    expect(chosen(summary('a'), { ...edited, arguments: options })).to.deep.equal(['a', 'edited'])
  })

  it('are preferred with more prompts, with ranks, with a later version, and newer', () => {
    const larger = summary('larger', { splits: [{ split: 's', samples: 20, metrics: {} }] })
    const ranked = summary('ranked', { arguments: { rank_all: true } })
    const later = summary('later', { evaluator: { name: 'reverse', version: 3 } })
    const newer = summary('newer', { created_at: '2026-11-25T09:30:00.000Z' })
    expect(chosen(summary('a'), newer)).to.deep.equal(['newer'])
    expect(chosen(newer, ranked)).to.deep.equal(['ranked'])
    expect(chosen(ranked, larger)).to.deep.equal(['larger'])
    expect(chosen(larger, later)).to.deep.equal(['later'])
  })
})

describe('the time of a training', () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 9, minute)).toISOString()
  const run = { started_at: at(0), finished_at: at(50) }
  const status = (minute: number, message: string): RunEvent => ({ at: at(minute), type: 'status', message })
  const step = (minute: number): RunEvent => ({ at: at(minute), type: 'step', step: minute, loss: 1 })

  it('is that from its start to its end where nothing interrupted it', () => {
    const events = [status(0, 'running'), step(10), status(50, 'succeeded')]
    expect(secondsTrained(run, events)).to.equal(50 * 60)
    expect(secondsTrained(run, [])).to.equal(50 * 60)
  })

  it('has no pauses in it, whether the process could say that it ended or not', () => {
    const stopped = [status(0, 'running'), step(5), status(6, 'interrupted'), status(30, 'running'), step(40)]
    expect(secondsTrained(run, stopped)).to.equal((6 + 20) * 60)
    const killed = [status(0, 'running'), step(5), status(30, 'running'), step(40), status(50, 'succeeded')]
    expect(secondsTrained(run, killed)).to.equal((5 + 20) * 60)
  })

  it('is not known where the records do not tell', () => {
    expect(secondsTrained({ started_at: at(0) }, [])).to.equal(null)
    expect(secondsTrained({ started_at: at(50), finished_at: at(0) }, [])).to.equal(null)
  })
})

describe('a loss curve', () => {
  it('has each step once, as it was last, where steps were made again', () => {
    const step = (step: number, loss: number): RunEvent => ({ at: 'x', type: 'step', step, loss })
    const { training } = lossCurve([
      step(1, 5),
      step(2, 4),
      step(3, 3),
      step(2, 4.5),
      step(3, 3.5),
      step(4, 2),
    ])
    expect(training).to.deep.equal([
      { step: 1, loss: 5 },
      { step: 2, loss: 4.5 },
      { step: 3, loss: 3.5 },
      { step: 4, loss: 2 },
    ])
  })

  it('is drawn with few points that are means of their neighbours', () => {
    const events = Array.from({ length: 600 }, (_, index): RunEvent => {
      return { at: '2026-11-24T09:30:00.000Z', type: 'step', step: index + 1, loss: index % 10 }
    })
    const { training, validation } = lossCurve([...events, { at: 'x', type: 'message', message: 'hello' }])
    expect(training).to.have.length(60)
    expect(training[0]).to.deep.equal({ step: 10, loss: 4.5 })
    expect(training.at(-1)!.step).to.equal(600)
    expect(validation).to.deep.equal([])
  })
})
