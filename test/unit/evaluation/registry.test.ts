import { expect } from 'chai'
import type { Evaluator } from '../../../src/lib/evaluation/evaluator.ts'
import { EvaluatorRegistry } from '../../../src/lib/evaluation/registry.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'

function registryOf(...names: [name: string, plugin: string][]): EvaluatorRegistry {
  const registry = new EvaluatorRegistry()
  for (const [name, plugin] of names) registry.add({ ...reverseEvaluator, name }, { plugin })
  return registry
}

describe('EvaluatorRegistry', () => {
  it('lists evaluators by name, each with its plugin', () => {
    const registry = registryOf(['reverse', 'reversal'], ['bleu', '@lab/metrics'], ['qa', 'reversal'])
    const listed = registry.list().map(({ evaluator, plugin }) => [evaluator.name, plugin])
    expect(listed).to.deep.equal([
      ['bleu', '@lab/metrics'],
      ['qa', 'reversal'],
      ['reverse', 'reversal'],
    ])
  })

  it('finds an evaluator by its name and by package/name', () => {
    const registry = registryOf(['bleu', '@lab/metrics'])
    expect(registry.get('bleu')).to.equal(registry.get('@lab/metrics/bleu'))
    expect(() => registry.get('other/bleu')).to.throw('There is no evaluator other/bleu.')
  })

  it('names both plugins where a name is taken, and keeps the first', () => {
    const registry = registryOf(['bleu', 'first'])
    expect(() => registry.add({ ...reverseEvaluator, name: 'bleu' }, { plugin: 'second' })).to.throw(
      'The plugin second registers the evaluator bleu, but first has one of that name.',
    )
    expect(registry.get('bleu').plugin).to.equal('first')
  })

  it('offers the nearest name for an unknown one', () => {
    const registry = registryOf(['reverse', 'reversal'])
    expect(() => registry.get('revrese')).to.throw('There is no evaluator revrese. Did you mean reverse?')
    expect(() => registry.get('reversall/reverse')).to.throw('Did you mean reversal/reverse?')
    expect(() => registry.get('accuracy')).to.throw(/^There is no evaluator accuracy\.$/)
  })

  const flaws: [flaw: string, evaluator: object, message: string][] = [
    ['nothing', undefined as unknown as object, 'whose name (undefined) does not fit'],
    ['a name with a slash', { ...reverseEvaluator, name: 'a/b' }, 'whose name (a/b) does not fit'],
    ['no summary', { ...reverseEvaluator, summary: undefined }, '(reverse) without a summary'],
    [
      'a version in words',
      { ...reverseEvaluator, version: '1.0' },
      '(reverse) whose version is no whole number',
    ],
    ['no splits', { ...reverseEvaluator, splits: [] }, '(reverse) without splits'],
    [
      'no maxTokens',
      { ...reverseEvaluator, maxTokens: undefined },
      '(reverse) whose maxTokens is no whole number',
    ],
    [
      'no summarize',
      { ...reverseEvaluator, summarize: undefined },
      '(reverse) without the function summarize',
    ],
  ]
  for (const [flaw, evaluator, message] of flaws) {
    it(`refuses an evaluator with ${flaw}, naming the plugin`, () => {
      const add = () => new EvaluatorRegistry().add(evaluator as Evaluator, { plugin: 'broken' })
      expect(add).to.throw(`The plugin broken registers an evaluator ${message}`)
    })
  }
})
