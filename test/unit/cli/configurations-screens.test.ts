import { expect } from 'chai'
import { renderConfigurations } from '../../../src/cli/text/configurations.ts'
import type {
  ConfigurationComparison,
  ConfigurationDifference,
} from '../../../src/lib/reporting/compare/compare-configurations.ts'
import { expectToFit, inTerminal } from '../../helpers/in-terminal.ts'

const interval = { estimate: 0.5, low: 0.25, high: 0.75, confidence: 0.95 }
const row = (split: string, measure: string, unit: 'share' | 'nats'): ConfigurationDifference => ({
  ...{ split, measure, unit, paired: { seeds: true, facts: true }, runs: { first: 3, second: 3 } },
  ...{ facts: 90, prompts: 900, left_out: 12, first: interval, second: interval },
  difference: {
    ...{ estimate: -0.5, low: -0.75, high: -0.25, confidence: 0.95 },
    ...{ standardError: 0.06, statistic: -8.6, df: 2, p: 0.013, over: ['runs', 'facts'] },
  },
  p: { two_way: 0.013, holm: 0.026, facts: 0.0002, runs: 0.25 },
})
const SPLITS = ['p2d_prompts_test', 'd2p_reverse_prompts_test']
const comparison: ConfigurationComparison = {
  first: {
    ...{ name: 'base', configuration: 'ada, 10 epochs', seeds: [2, 1, 3] },
    ...{ runs: ['ft-a', 'ft-b', 'ft-c'], not_evaluated: ['ft-abcd2345', 'ft-abcd2346'] },
    not_learned: [
      { direction: 'NameToDescription', same: 0.1, facts: 30, least: 0.393, learned: false, runs: 2 },
    ],
  },
  second: {
    ...{ name: 'with the reversed facts', configuration: 'ada, trained on augmented.jsonl' },
    ...{ runs: ['ft-d', 'ft-e', 'ft-f'], seeds: [1, 2, 3] },
  },
  evaluator: 'reverse',
  comparisons: [
    ...SPLITS.map((split) => row(split, 'prefix_match', 'share')),
    ...SPLITS.map((split) => row(split, 'logprob', 'nats')),
  ],
}

describe('the screens of eval:compare with tags', () => {
  it('fit 40, 80 and 160 columns', () => {
    for (const columns of [40, 80, 160]) expectToFit(columns, () => renderConfigurations(comparison))
  })

  it('keep difference and p in a narrow terminal, and say where the rest is', () => {
    const narrow = inTerminal(40, () => renderConfigurations(comparison))
    expect(narrow).to.match(/^D to N, reverse +−50\.0 +0\.026$/m)
    expect(narrow.replace(/\s+/g, ' ')).to.include('(the rest of the table: --json, or a wider terminal)')
    expect(inTerminal(160, () => renderConfigurations(comparison))).to.match(
      /^NameToDescription, same +prefix match +90 +50\.0 % +50\.0 % +−50\.0 \[−75\.0, −25\.0\] +0\.013 +0\.026 +0\.0002 +0\.25$/m,
    )
  })

  it('tell the runs, what is left out, what is not learned and what so few seeds cannot say', () => {
    const lines = renderConfigurations(comparison).split('\n')
    expect(lines[0]).to.equal(
      'base: ada, 10 epochs, 3 runs with seed 1, 2, 3; not evaluated and left out: ft-abcd2345, ft-abcd2346',
    )
    const text = lines.join(' ')
    expect(text).to.include('12 of 912 prompts left out because a run has no answer or no number.')
    expect(text).to.include('base, NameToDescription, 2 of 3 runs: not learned')
    expect(text).to.include('Holm: for 2 splits of a measure, those with a p.')
    expect(text).to.include(
      'With 3 pairs of runs p by run cannot be below 0.25; it takes 6 seeds to get below 0.05.',
    )
  })

  it('say for how many splits Holm’s correction is: those that have a p', () => {
    const [own, other, ...logprobs] = comparison.comparisons as [
      ConfigurationDifference,
      ConfigurationDifference,
      ...ConfigurationDifference[],
    ]
    const constant = { ...other, p: { ...other.p, two_way: null, holm: null } }
    const text = (comparisons: ConfigurationDifference[]) =>
      inTerminal(160, () => renderConfigurations({ ...comparison, comparisons })).replace(/\s+/g, ' ')
    expect(text([own, constant])).not.to.include('Holm: for')
    expect(text([own, constant, ...logprobs])).to.include('Holm: for 1 or 2 splits of a measure')
  })
})
