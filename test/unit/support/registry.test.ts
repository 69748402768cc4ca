import { expect } from 'chai'
import type { EvaluatorDescriptor } from '../../../src/lib/evaluation/evaluator.ts'
import { reverseDescriptor } from '../../../src/lib/evaluation/reverse-descriptor.ts'
import { apiVersion, createExtensions, registrar } from '../../../src/lib/extensions/extensions.ts'
import type { Registry } from '../../../src/lib/support/registry.ts'

const entry = { ...reverseDescriptor, apiVersion }

function registryOf(...names: [name: string, plugin: string][]): Registry<EvaluatorDescriptor> {
  const { evaluators } = createExtensions()
  for (const [name, plugin] of names) evaluators.add({ ...entry, name }, { plugin })
  return evaluators
}

describe('Registry', () => {
  it('lists entries by name, each with its plugin', () => {
    const registry = registryOf(['reverse', 'reversal'], ['bleu', '@lab/metrics'], ['qa', 'reversal'])
    const listed = registry.list().map(({ entry: { name }, plugin }) => [name, plugin])
    expect(listed).to.deep.equal([
      ['bleu', '@lab/metrics'],
      ['qa', 'reversal'],
      ['reverse', 'reversal'],
    ])
    expect(registry.first(({ name }) => name !== 'reverse')?.entry.name).to.equal('bleu')
    expect(registry.inOrder().map((own) => own.entry.name)).to.deep.equal(['reverse', 'bleu', 'qa'])
    expect(registry.first(({ name }) => name === 'rouge')).to.equal(undefined)
  })

  it('finds an entry by its name and by package/name', () => {
    const registry = registryOf(['bleu', '@lab/metrics'])
    expect(registry.get('bleu')).to.equal(registry.get('@lab/metrics/bleu'))
    expect(() => registry.get('other/bleu')).to.throw('There is no evaluator other/bleu.')
    expect(registry.find('other/bleu')).to.equal(undefined)
  })

  it('names both plugins where a name is taken, and keeps the first', () => {
    const registry = registryOf(['bleu', 'first'])
    expect(() => registry.add({ ...entry, name: 'bleu' }, { plugin: 'second' })).to.throw(
      'The plugin second registers the evaluator bleu, but first already has one with that name.',
    )
    expect(registry.get('bleu').plugin).to.equal('first')
  })

  it('offers the nearest name for an unknown one', () => {
    const registry = registryOf(['reverse', 'reversal'])
    expect(() => registry.get('revrese')).to.throw('There is no evaluator revrese. Did you mean reverse?')
    expect(() => registry.get('reversall/reverse')).to.throw('Did you mean reversal/reverse?')
    expect(() => registry.get('accuracy')).to.throw(/^There is no evaluator accuracy\.$/)
  })

  const flaws: [flaw: string, descriptor: object | undefined, message: string][] = [
    ['nothing', undefined, 'whose name (undefined) does not fit'],
    ['a name with a slash', { ...entry, name: 'a/b' }, 'whose name (a/b) does not fit'],
    ['no summary', { ...entry, summary: undefined }, '(reverse) without a summary'],
    ['no open', { ...entry, open: undefined }, '(reverse) without the function open'],
    ['no version', { ...entry, apiVersion: undefined }, '(reverse) without apiVersion (this is version 1)'],
    ['another version', { ...entry, apiVersion: 2 }, '(reverse) for version 2 of the plugin interface'],
  ]
  for (const [flaw, descriptor, message] of flaws) {
    it(`refuses an evaluator with ${flaw}, naming the plugin`, () => {
      const add = () =>
        registrar(createExtensions(), 'broken').evaluator(descriptor as unknown as typeof entry)
      expect(add).to.throw(`The plugin broken registers an evaluator ${message}`)
    })
  }
})
