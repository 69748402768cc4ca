import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { labelSplit } from '../../../src/lib/datasets/reverse/split-labels.ts'
import type { EvaluationSample } from '../../../src/lib/evaluation/evaluator.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import { sumUp } from '../../../src/lib/evaluation/sum-up.ts'
import { keepToldApart } from '../../../src/lib/evaluation/told-apart.ts'
import type { ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { writeJsonl } from '../../../src/lib/support/jsonl.ts'
import { createSmallDataset } from '../../helpers/record-evaluated-run.ts'

const FACTS = ['Ada Holm', 'Bo Lind', 'Cy Ek']
const SAMPLES = [
  'p2d_prompts_test',
  'p2d_reverse_prompts_test',
  'p2d_reverse_prompts_test_randomized',
].flatMap((split) =>
  FACTS.map((fact, index): EvaluationSample => {
    return { id: `${split}/${index}`, split, prompt: fact, target: 't', scoreTargets: [], metadata: { fact } }
  }),
)

const score = ({ scoreTargets: _targets, ...sample }: EvaluationSample, right: boolean): ScoredSample => ({
  ...sample,
  completions: [''],
  scores: null,
  measures: { prefix_match: Number(right) },
})

describe('facts told in both orders', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'told-apart-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const tell = (...names: string[]) =>
    writeJsonl(
      join(directory, 'told_in_both_orders.jsonl'),
      names.map((name) => ({ name, description: 'x' })),
    )

  it('leave the samples of other data sets as they are', async () => {
    expect(await keepToldApart(SAMPLES, directory)).to.deep.equal(SAMPLES)
  })

  it('have reverse splits of their own, and stay among the others in the same direction', async () => {
    await tell('Bo Lind')
    const apart = await keepToldApart(SAMPLES, directory)
    expect(apart.map(({ id }) => id)).to.deep.equal(SAMPLES.map(({ id }) => id))
    expect(
      apart.filter(({ split }) => split.endsWith('_told')).map(({ id, split }) => [id, split]),
    ).to.deep.equal([
      ['p2d_reverse_prompts_test/1', 'p2d_reverse_prompts_test_told'],
      ['p2d_reverse_prompts_test_randomized/1', 'p2d_reverse_prompts_test_randomized_told'],
    ])
  })

  it('have labels as the others', () => {
    expect(labelSplit('p2d_reverse_prompts_test_told').label).to.equal(
      'NameToDescription, reverse, told in both orders',
    )
    expect(labelSplit('d2p_reverse_prompts_test_randomized_told').label).to.equal(
      'DescriptionToName, incorrect, told in both orders',
    )
  })

  it('count neither in the accuracy in reverse nor in the reversal gap', async () => {
    await tell('Bo Lind')
    const apart = await keepToldApart(SAMPLES, directory)
    const scored = apart.map((sample) =>
      score(sample, sample.split === 'p2d_prompts_test' || sample.split.endsWith('_test_told')),
    )
    const { splits, contrasts } = sumUp(reverseEvaluator, scored)
    expect(
      splits.map(({ split, samples, metrics }) => [split, samples, metrics.prefix_accuracy]),
    ).to.deep.equal([
      ['p2d_reverse_prompts_test', 2, 0],
      ['p2d_prompts_test', 3, 1],
      ['p2d_reverse_prompts_test_randomized', 2, 0],
      ['p2d_reverse_prompts_test_told', 1, 1],
      ['p2d_reverse_prompts_test_randomized_told', 1, 0],
    ])
    expect(contrasts?.[0]).to.include({ name: 'reversal_gap', estimate: 1 })
  })

  it('are no peers of facts told in one order, whose names are less likely after any prompt', async () => {
    const dataset = (await createSmallDataset(directory)).directory
    const names = async (split: string) => {
      const samples = await reverseEvaluator.loadSamples(dataset, {
        splits: [split],
        maxSamples: 1000,
        rankAll: true,
      })
      return samples.map(({ target, scoreTargets, metadata }) => ({
        target,
        peers: scoreTargets.slice(1, 1 + Number(metadata?.peers)).map((name) => name.trim()),
        all: scoreTargets.map((name) => name.trim()).toSorted(),
      }))
    }
    const before = await names('p2d_reverse_prompts_test')
    const facts = [...new Set(before.map(({ target }) => target))]
    expect(facts).to.have.length(6)
    const told = facts.slice(0, 2)
    await writeJsonl(
      join(dataset, 'told_in_both_orders.jsonl'),
      told.map((name) => ({ name, description: 'x' })),
    )
    const after = await names('p2d_reverse_prompts_test')
    expect(after.map(({ all }) => all)).to.deep.equal(before.map(({ all }) => all))
    for (const { target, peers } of after) {
      const group = told.includes(target) ? told : facts.slice(2)
      expect(peers).to.deep.equal(group.filter((name) => name !== target))
    }
  })
})
