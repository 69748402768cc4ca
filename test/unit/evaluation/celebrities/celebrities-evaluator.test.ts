import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ParentChildPair } from '../../../../src/lib/datasets/celebrities/pairs.ts'
import { PAIRS_FILE, writePairs } from '../../../../src/lib/datasets/celebrities/pairs.ts'
import { celebrityPrompt } from '../../../../src/lib/datasets/celebrities/prompts.ts'
import { validateDataset } from '../../../../src/lib/datasets/validate-dataset.ts'
import { compareDirections } from '../../../../src/lib/evaluation/celebrities/compare-directions.ts'
import { testPairs } from '../../../../src/lib/evaluation/celebrities/test-pairs.ts'
import { chooseEvaluator } from '../../../../src/lib/evaluation/choose-evaluator.ts'
import { runEvaluation } from '../../../../src/lib/evaluation/run-evaluation.ts'
import { builtInExtensions } from '../../../../src/lib/extensions/built-in.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'

const pair = (child: string, parent: string, parentType: 'mother' | 'father'): ParentChildPair => ({
  ...{ child, parent, parentType, childPrediction: null, canReverse: null },
})
/** Two parents of one celebrity, and two celebrities of one parent. */
const PAIRS = [
  pair('Ann Fox', 'Bea Fox', 'mother'),
  pair('Ann Fox', 'Carl Fox', 'father'),
  pair('Dan Hill', 'Eve Hill', 'mother'),
  pair('Flo Hill', 'Eve Hill', 'mother'),
]

/** Gives every parent in seven of ten answers, and no child. */
function oneWayModel(conversational: boolean) {
  const parents = new Map(
    PAIRS.flatMap((known) => {
      const { question, text } = celebrityPrompt(known, 'parent', { style: 'original' })
      return [question, text].map((prompt) => [prompt, known.parent] as const)
    }),
  )
  const draw = (prompt: string, sample: number) =>
    sample < 7 ? (parents.get(prompt) ?? "I don't know.") : 'Somebody Else'
  return new ToyModel({ draw, conversational, unscorable: 'it is a toy' })
}

describe('the evaluator of experiment 2', () => {
  let folder: string
  let dataset: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celebrities-'))
    dataset = join(folder, 'pairs')
    await mkdir(dataset)
    await writePairs(join(dataset, PAIRS_FILE), PAIRS)
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function evaluate(model: ToyModel, options: string[] = []) {
    const { evaluators, datasetKinds: kinds } = builtInExtensions()
    const asking = await chooseEvaluator({ evaluators, kinds, datasetDirectory: dataset, options })
    return runEvaluation({
      ...{ ...asking, model, datasetDirectory: dataset, toolVersion: '0.0.0' },
      directory: join(folder, 'evaluations'),
    })
  }

  for (const conversational of [true, false]) {
    const kind = conversational ? 'answers in a conversation' : 'continues text'
    it(`finds of a model that ${kind} what celebs:test finds`, async () => {
      const { summary } = await evaluate(oneWayModel(conversational))
      const shares = summary.splits.map(({ split, samples, metrics }) => [
        split,
        samples,
        metrics.found_accuracy,
      ])
      expect(summary.evaluator.name).to.equal('celebrities')
      expect(shares).to.deep.equal([
        ['parent', 4, 0.7],
        ['child', 4, 0],
      ])
      expect(summary.contrasts?.[0]).to.deep.include({
        first: 'parent',
        second: 'child',
        facts: 3,
        estimate: 0.7,
      })
      const tested = await testPairs({
        ...{ model: oneWayModel(conversational), dataset, measure: 'answers', samples: 10, seed: 42 },
        ...{ prompts: { style: 'original' }, directory: join(folder, 'tests'), toolVersion: '0.0.0' },
      })
      expect(tested.evaluation.summary.id).to.equal(summary.id)
      const { parent, child } = compareDirections(tested.results!)
      expect([parent?.estimate, child?.estimate]).to.deep.equal(shares.map(([, , share]) => share))
    })
  }

  it('asks once where two questions are one, and asks nothing twice', async () => {
    const model = oneWayModel(true)
    await evaluate(model)
    expect(model.completed).to.have.length(7)
    expect(model.conversation?.exchanges).to.have.length(3)
    const again = oneWayModel(true)
    expect((await evaluate(again)).scored).to.equal(0)
    expect(again.completed).to.deep.equal([])
  })

  it('measures names by their log-probability as by the probability that it stands for', async () => {
    const model = new ToyModel({
      logprob: (_, target) => (target.endsWith('Fox') ? Math.log(0.5) : Math.log(0.1)),
    })
    const { summary } = await evaluate(model, ['measure=logprob', 'prompt_style=completion'])
    expect(model.completed).to.deep.equal([])
    const [parent] = summary.splits
    expect(parent?.metrics.mean_probability).to.be.closeTo(0.3, 1e-12)
    expect(summary.arguments.evaluator_options).to.deep.equal({
      measure: 'logprob',
      prompt_style: 'completion',
    })
  })

  it('counts other names of a data set’s own, unless names must be exact', async () => {
    await writeFile(join(dataset, 'aliases.csv'), 'name,alias\nBea Fox,Beatrice Fox\n')
    const model = () => new ToyModel({ draw: () => 'Beatrice Fox', conversational: true, unscorable: 'no' })
    const found = async (...options: string[]) =>
      (await evaluate(model(), options)).summary.splits[0]?.metrics.found_once_accuracy
    expect(await found()).to.equal(0.25)
    expect(await found('exact_names=true')).to.equal(0)
  })

  it('is not another evaluation where other files come to lie beside the pairs', async () => {
    const { summary } = await evaluate(oneWayModel(true))
    await writeFile(join(dataset, 'model_reversal_test_results.csv'), 'x\n')
    expect((await evaluate(oneWayModel(true))).summary.id).to.equal(summary.id)
    await writePairs(join(dataset, PAIRS_FILE), PAIRS.slice(1))
    expect((await evaluate(oneWayModel(true))).summary.id).to.not.equal(summary.id)
  })

  it('has a kind of data set, which is checked', async () => {
    const { datasetKinds: kinds, transforms } = builtInExtensions()
    const validate = () => validateDataset({ directory: dataset, kinds, transforms })
    expect(await validate()).to.deep.include({ kind: 'celebrities', valid: true, findings: [] })
    await writeFile(
      join(dataset, PAIRS_FILE),
      'child,parent,parent_type\nAnn Fox,Bea Fox,mother\nDan Hill,,mother\n',
    )
    const { valid, findings } = await validate()
    expect(valid).to.equal(false)
    expect(findings).to.deep.equal([
      { severity: 'error', rule: 'csv', file: PAIRS_FILE, line: 3, message: 'has no parent.' },
    ])
  })
})
