import { expect } from 'chai'
import { renderComparisons } from '../../src/cli/text/celebrities.ts'
import { renderComparison } from '../../src/cli/text/comparison.ts'
import { compareDirections } from '../../src/lib/evaluation/celebrities/compare-directions.ts'
import { displayName } from '../../src/lib/experiments/celebrity-files.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { celebritiesSection } from '../../src/lib/reporting/sections/figure5.ts'

describe('in a terminal of 80 columns', () => {
  const { stdout } = process
  const outer = { isTTY: stdout.isTTY, columns: stdout.columns }
  const inNarrow = (render: () => string) => {
    Object.assign(stdout, { isTTY: true, columns: 80 })
    try {
      return render()
    } finally {
      Object.assign(stdout, outer)
    }
  }
  const widest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length))

  const interval = { estimate: 0.8, low: 0.4, high: 1, confidence: 0.95 }
  const comparison = {
    ...{
      first: 'ft-a',
      second: 'ft-b',
      evaluations: { first: 'reverse-1', second: 'reverse-2' },
      pairedBy: 'prompt' as const,
      unpaired: { first: 1780, second: 1780 },
    },
    comparisons: ['d2p_reverse_prompts_test_randomized', 'unrealized_examples'].map((split) => ({
      ...{
        split,
        measure: 'prefix_match',
        unit: 'share' as const,
        pairs: 300,
        units: 30,
        first: 0.8,
        second: 0,
        effect: 1.9,
      },
      difference: interval,
      p: { mcnemar: 0.0078, t: 0.000001, wilcoxon: 0.0078, permutation: 0.0078 },
    })),
    disagreements: [],
  }

  it('a comparison of runs keeps what says most, and says where the rest is', () => {
    const text = inNarrow(() => renderComparison(comparison))
    expect(widest(text)).to.be.at.most(80)
    expect(text).to.match(/^\S+ +prefix match +300 +80\.0 % +0\.0 % +80\.0 +0\.0078 +< 0\.0001$/m)
    expect(text).to.include('--json')
    expect(widest(renderComparison(comparison))).to.be.above(120)
  })

  it('Figure 5 says how many pairs it leaves out', () => {
    const pair = (parent: number | null) => ({
      ...{ child: 'Ann Ek', parent: 'Bo Ek', parentType: 'mother' as const },
      ...{ childPrediction: null, canReverse: null, scores: { parent, child: 0.5 } },
    })
    const notes = (...scores: (number | null)[]) => {
      const tested = compareDirections({ model: 'a-model', measure: 'answers', pairs: scores.map(pair) })
      return celebritiesSection([tested])!.tables[0]!.notes.join(' ')
    }
    expect(notes(1, null, 0.5, null)).to.include('a-model: 2 pairs are not measured and left out')
    expect(notes(1, 0.5)).not.to.include('left out')
  })

  it('Figure 5 is shown without its intervals, and no number as minus zero', () => {
    const pairs = Array.from({ length: 12 }, (_, index) => ({
      ...{ child: `Ann ${index}`, parent: 'Bo', parentType: 'mother' as const },
      ...{ childPrediction: null, canReverse: null, scores: { parent: -30 - index, child: -20 } },
    }))
    const tested = compareDirections({ model: 'a-model-with-a-long-name', measure: 'logprob', pairs })
    const text = inNarrow(() => renderComparisons([tested]))
    expect(widest(text)).to.be.at.most(80)
    expect(text)
      .to.match(/ all +12 +0\.00 +0\.00 +−35\.50 +−20\.00 +0\.00$/m)
      .and.to.include('--json')
    expect(renderComparisons([tested])).to.match(/0\.00 \[0\.00, 0\.00\]/)
    expect(renderComparisons([tested])).not.to.include('-0.00')
    const section = celebritiesSection([tested])!
    expect(section.findings).to.deep.equal([
      'a-model-with-a-long-name gives the parent a probability of < 0.1 % and the child < 0.1 % (means over 12 pairs; log-probabilities −35.50 and −20.00 nats).',
    ])
    const shown = section.tables[0]!.columns.filter(({ detail }) => detail === undefined)
    expect(shown.map(({ key }) => key)).to.include.members(['parent_logprob', 'child_logprob'])
  })
})

describe('the name of a model in tables', () => {
  it('is that of its file or folder, wherever it lies', () => {
    const { models } = builtInExtensions()
    const names = ['gguf:one-way.gguf', 'gguf:/models/one-way.gguf', './one-way', 'one-way']
    expect(new Set(names.map((name) => displayName(name, models)))).to.deep.equal(new Set(['one-way']))
    expect(displayName('org/model', models)).to.equal('org/model')
  })
})
