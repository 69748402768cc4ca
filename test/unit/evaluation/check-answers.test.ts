import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { testPairs } from '../../../src/lib/evaluation/celebrities/test-pairs.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import type { RunEvaluationOptions } from '../../../src/lib/evaluation/run-evaluation.ts'
import { runEvaluation } from '../../../src/lib/evaluation/run-evaluation.ts'
import { schemaCheck } from '../../../src/lib/schemas/compile.ts'
import type { ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { evaluationSummarySchema } from '../../../src/lib/schemas/evaluation.ts'
import { failure } from '../../helpers/failure.ts'
import { writePairsDataset } from '../../helpers/pairs-dataset.ts'
import { FORWARD, writeTinyDataset } from '../../helpers/tiny-dataset.ts'
import type { ToyModelOptions } from '../../helpers/toy-model.ts'
import { ToyModel } from '../../helpers/toy-model.ts'

const answers = new Map(FORWARD)

/** A model that gives one thing beside other texts and another alone. */
function twofold(beside: ToyModelOptions, alone: ToyModelOptions = {}): ToyModel & { alone: ToyModel } {
  return Object.assign(new ToyModel({ answers, ...beside }), { alone: new ToyModel({ answers, ...alone }) })
}

describe('the check of answers alone', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'check-answers-'))
    await writeTinyDataset(join(folder, 'dataset'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const evaluate = (model: ToyModel, changes: Partial<RunEvaluationOptions> = {}) =>
    runEvaluation({
      ...{ model, evaluator: reverseEvaluator, plugin: 'reversal', toolVersion: '0.0.0' },
      datasetDirectory: join(folder, 'dataset'),
      directory: join(folder, 'evaluations'),
      ...changes,
    })

  const inOtherFolder = async (model: ToyModel) =>
    (await evaluate(model, { directory: join(folder, 'other') })).summary.splits

  async function readSamples(path: string): Promise<ScoredSample[]> {
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line))
  }

  async function storedSummary() {
    const evaluations = join(folder, 'evaluations')
    const [only] = await readdir(evaluations)
    return JSON.parse(await readFile(join(evaluations, only!, 'summary.json'), 'utf8'))
  }

  it('lets an evaluation pass whose answers are the same alone, and records what was asked', async () => {
    const { summary } = await evaluate(twofold({}))
    expect(summary.status).to.equal('complete')
    expect(summary.asked_alone).to.deep.include({ completions: 4, largest_difference: 0 })
    expect(summary.asked_alone!.scores).to.be.at.least(16)
    expect(schemaCheck(evaluationSummarySchema)(summary)).to.equal(undefined)
  })

  const lies: [what: string, beside: ToyModelOptions, message: RegExp][] = [
    [
      'scores',
      { logprob: (_, target) => -target.length - 0.1 },
      /^The numbers of toy cannot be trusted: after ".+", ".+" has a log-probability of −\d+\.100 \(\d tokens\); on its own, −\d+\.000 \(\d tokens\)\.$/,
    ],
    [
      'completions',
      { draw: (prompt) => `${answers.get(prompt) ?? ' nothing'} Yes.` },
      /^The numbers of toy cannot be trusted: ".+" is followed by ".+ Yes\."; on its own, ".+"\.$/,
    ],
  ]
  for (const [what, beside, message] of lies) {
    it(`stops an evaluation with other ${what}, and reports nothing of it`, async () => {
      const error = await failure(evaluate(twofold(beside)))
      expect(error).to.have.property('code', 'NUMBERS_DIFFER')
      expect(error.message).to.match(message)
      expect(error.suggestions).to.deep.equal(['ask all prompts again: --no-resume'])
      expect(await storedSummary()).to.deep.include({ status: 'interrupted', splits: [] })
      // Nor is what is in the journal taken for good the next time, but asked again when told so.
      expect(await failure(evaluate(twofold({})))).to.have.property('code', 'NUMBERS_DIFFER')
      expect((await evaluate(twofold({}), { fresh: true })).summary.status).to.equal('complete')
    })
  }

  it('compares what is left of an answer without the thought before it, also with older journals', async () => {
    const draw = (prompt: string) =>
      `<think>\nWho may it be?\n</think>\n\n${answers.get(prompt) ?? ' nothing'}`
    const { summary, directory } = await evaluate(twofold({ draw }, { draw }))
    const shares = summary.splits.map(({ metrics }) => metrics.prefix_accuracy)
    expect(shares).to.deep.equal(
      (await inOtherFolder(twofold({}))).map(({ metrics }) => metrics.prefix_accuracy),
    )
    const path = join(directory, 'samples.jsonl')
    const journal = await readSamples(path)
    for (const { completions, endings } of journal) {
      expect(completions[0]).to.not.include('think')
      expect(endings).to.deep.equal([{ reason: 'unknown', reasoning: 'Who may it be?' }])
    }

    const older = journal.map(({ endings: _, ...sample }) => ({
      ...sample,
      completions: [draw(sample.prompt)],
    }))
    await writeFile(path, older.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
    await rm(join(directory, 'summary.json'))
    const again = await evaluate(twofold({ draw }, { draw }))
    expect(again).to.include({ scored: 0, rescored: journal.length })
    expect(again.summary.splits).to.deep.equal(summary.splits)
    expect(await readSamples(path)).to.deep.equal(journal)
  })

  it('lets rounding pass', async () => {
    const { summary } = await evaluate(twofold({ logprob: (_, target) => -target.length + 5e-4 }))
    expect(summary.status).to.equal('complete')
    expect(summary.asked_alone!.largest_difference).to.be.within(1e-4, 5.1e-4)
  })

  it('looks at an evaluation that was complete before it knew the check', async () => {
    const wrong = { logprob: () => -50 }
    expect((await evaluate(new ToyModel({ answers, ...wrong }))).summary.status).to.equal('complete')
    expect(await failure(evaluate(twofold({})))).to.have.property('code', 'NUMBERS_DIFFER')
    expect(await storedSummary()).to.deep.include({ status: 'interrupted', splits: [] })
  })

  it('is made once for a complete evaluation', async () => {
    await evaluate(twofold({}))
    const again = twofold({})
    await evaluate(again)
    expect([...again.alone.scored, ...again.alone.completed]).to.deep.equal([])
  })

  it('asks a model that works on single prompts as many at once as it allows, and keeps each answer', async () => {
    const model = Object.assign(twofold({}), { atOnce: 2 })
    const { summary, scored } = await evaluate(model)
    expect({ status: summary.status, scored }).to.deep.equal({ status: 'complete', scored: 24 })
  })

  it('keeps each answer of such a model when it is there', async () => {
    const kept = async (model: ToyModel, id: string) => {
      const directory = join(folder, id)
      await failure(evaluate(model, { directory }))
      return (await evaluate(twofold({}), { directory })).scored
    }
    const failing = { failAfter: 4 }
    const left = await kept(Object.assign(twofold(failing), { atOnce: 1 }), 'single')
    // One that takes batches has completed all prompts before any target is scored.
    expect(left).to.be.below(await kept(twofold(failing), 'batches'))
  })

  const pairs = ['Bo Ek', 'Cy Ek'].map((child) => ({
    ...{ child, parent: 'Ada Ek', parentType: 'mother' as const, childPrediction: null, canReverse: null },
  }))
  for (const measure of ['logprob', 'answers'] as const) {
    it(`stops a test of celebrities by ${measure} whose answers are others alone`, async () => {
      const dataset = await writePairsDataset(join(folder, 'pairs'), pairs)
      const test = (model: ToyModel) =>
        testPairs({
          ...{ model, dataset, measure, samples: 2, seed: 1, directory: folder, toolVersion: '0.0.0' },
          prompts: { style: 'question' },
        })
      expect((await test(twofold({}))).results?.pairs).to.have.length(2)
      const lying = { logprob: () => -1, draw: () => ' Nobody', id: 'liar' }
      expect(await failure(test(twofold(lying)))).to.have.property('code', 'NUMBERS_DIFFER')
    })
  }
})
