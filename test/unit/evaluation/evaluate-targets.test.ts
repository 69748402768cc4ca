import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type {
  EvaluateTargetsOptions,
  EvaluationOutcome,
} from '../../../src/lib/evaluation/evaluate-targets.ts'
import { evaluateTargets } from '../../../src/lib/evaluation/evaluate-targets.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import type { FindTargetsOptions } from '../../../src/lib/evaluation/targets.ts'
import { findTargets } from '../../../src/lib/evaluation/targets.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { InterruptedError } from '../../../src/lib/support/errors.ts'
import { sha256File } from '../../../src/lib/support/files.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { createSmallDataset } from '../../helpers/record-evaluated-run.ts'
import { recordTinyRun, trainTinyRun } from '../../helpers/train-tiny-run.ts'

const registries = builtInExtensions()

describe('evaluating targets', () => {
  let home: string

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'targets-'))
    await trainTinyRun(home, { id: 'tiny-1', tags: ['eval'] })
    await recordTinyRun(home, { id: 'hosted-1', provider: 'elsewhere', fine_tuned_model: 'theirs' })
  })
  after(() => rm(home, { recursive: true }))

  const find = (changes: Partial<FindTargetsOptions> = {}) =>
    findTargets({
      ...registries,
      store: new RunStore(home),
      references: [],
      tag: 'eval',
      cwd: home,
      ...changes,
    })

  async function evaluate(changes: Partial<EvaluateTargetsOptions> = {}) {
    const options = {
      models: registries.models,
      evaluator: reverseEvaluator,
      plugin: 'reversal',
      toolVersion: '0.0.0',
    }
    const targets = changes.targets ?? (await find())
    const outcomes: EvaluationOutcome[] = []
    for await (const outcome of evaluateTargets({ ...options, ...changes, targets })) outcomes.push(outcome)
    return outcomes
  }

  it('finds a run by its tag, its ID, the start of it and the name of its model', async () => {
    const [byTag] = await find()
    expect(byTag).to.deep.include({
      name: 'tiny-1',
      datasetDirectory: join(home, 'tiny'),
      evaluationsDirectory: join(home, 'runs/tiny-1/evaluations'),
      model: { id: 'local/ada:tiny-1', directory: join(home, 'runs/tiny-1/model'), client: 'engine' },
    })
    for (const reference of ['tiny-1', 'tin', 'local/ada:tiny-1']) {
      expect(await find({ references: [reference] })).to.deep.equal([byTag])
    }
  })

  it('names a model’s folder by its weights, whatever the path to it', async () => {
    const ids = []
    for (const reference of ['runs/tiny-1/model', join(home, 'runs/tiny-1/model')]) {
      const targets = await find({ references: [reference], dataset: 'tiny' })
      const [outcome] = await evaluate({ targets, limit: 1 })
      if (outcome !== undefined && 'result' in outcome) ids.push(outcome.result.summary.id)
    }
    expect(ids).to.have.length(2)
    expect(new Set(ids)).to.have.length(1)
  })

  it('says where a model cannot be opened here', async () => {
    const [outcome] = await evaluate({ targets: await find({ references: ['hosted-1'] }) })
    expect(outcome).to.have.nested.property('error.message', 'The model theirs is not on this machine.')
  })

  it('ends all at an interruption, and says that nothing is lost', async () => {
    try {
      await evaluate({ signal: AbortSignal.abort(new InterruptedError()) })
      expect.fail('It went on.')
    } catch (error) {
      expect(error).to.be.instanceOf(InterruptedError)
      expect((error as Error).message).to.include('all scores so far are kept')
    }
  })

  it('warns once of files that changed after their data set was written', async () => {
    const { directory } = await createSmallDataset(home)
    const warningsOf = async () => {
      const warnings: string[] = []
      const [target] = await find()
      await evaluate({
        targets: [target!, target!].map((own) => ({ ...own, datasetDirectory: directory })),
        onWarning: (message) => warnings.push(message),
      })
      return warnings
    }
    expect(await warningsOf()).to.deep.equal([])
    await appendFile(join(directory, 'd2p_prompts_test.jsonl'), '{"prompt":"a","completion":" b"}\n')
    await writeFile(join(directory, 'notes.txt'), 'of no data set')
    expect(await warningsOf()).to.deep.equal([
      `d2p_prompts_test.jsonl of ${directory} changed after the data set was written: its numbers are not those of the data set that its manifest names. reversal dataset:validate checks it.`,
    ])
  })

  it('warns where the data set is no longer the one that a run was trained on', async () => {
    const { directory } = await createSmallDataset(home, 2)
    const file = join(directory, 'all.jsonl')
    const [target] = await find()
    const dataset = { ...target!.run!.dataset, directory, training_file: file }
    const warningsOf = async (training_sha256: string) => {
      const warnings: string[] = []
      const run = { ...target!.run!, dataset: { ...dataset, training_sha256 } }
      await evaluate({
        targets: [{ ...target!, run, datasetDirectory: directory }],
        onWarning: (message) => warnings.push(message),
      })
      return warnings
    }
    expect(await warningsOf(await sha256File(file))).to.deep.equal([])
    expect(await warningsOf('0'.repeat(64))).to.deep.equal([
      `${file} has changed since tiny-1 was trained on it, so the data set may test what the model never read.`,
    ])
  })
})
