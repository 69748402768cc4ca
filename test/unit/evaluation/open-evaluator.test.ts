import { expect } from 'chai'
import type { Evaluator, EvaluatorDescriptor } from '../../../src/lib/evaluation/evaluator.ts'
import { openEvaluator } from '../../../src/lib/evaluation/open-evaluator.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import { apiVersion, createExtensions } from '../../../src/lib/extensions/extensions.ts'
import type { OptionValues } from '../../../src/lib/schemas/option-values.ts'
import type { Registry } from '../../../src/lib/support/registry.ts'
import { failure } from '../../helpers/failure.ts'

function registryWith(evaluator: Partial<Evaluator>): {
  registry: Registry<EvaluatorDescriptor>
  told: OptionValues[]
} {
  const { evaluators: registry } = createExtensions()
  const told: OptionValues[] = []
  registry.add(
    {
      ...{ name: 'count', summary: 'counts', apiVersion },
      options: {
        type: 'object',
        properties: {
          top: { type: 'integer', minimum: 1, default: 3, description: 'how many' },
          mode: { type: 'string', enum: ['loose', 'strict'], default: 'loose', description: 'how' },
          quick: { type: 'boolean', default: false, description: 'whether' },
        },
        additionalProperties: false,
      },
      async open(options) {
        told.push(options)
        return { ...reverseEvaluator, name: 'count', ...evaluator } as Evaluator
      },
    } as EvaluatorDescriptor,
    { plugin: 'lab' },
  )
  return { registry, told }
}

describe('openEvaluator', () => {
  it('hands over options in their own types, with defaults for the rest', async () => {
    const { registry, told } = registryWith({})
    const { plugin, options } = await openEvaluator(registry, 'count', ['top=5', 'quick=true'])
    expect(plugin).to.equal('lab')
    expect(options).to.deep.equal({ top: 5, mode: 'loose', quick: true })
    expect(told).to.deep.equal([options])
    expect((await openEvaluator(registry, 'lab/count', options)).options).to.deep.equal(options)
  })

  const wrong: [text: string, message: string][] = [
    ['top', 'The option top has no value: write KEY=VALUE.'],
    ['tpo=3', 'the evaluator count has no option tpo. Did you mean top?'],
    ['speed=3', 'the evaluator count has no option speed. It takes top, mode, quick.'],
    ['top=0', 'The options of the evaluator count are invalid: "top" must be >= 1.'],
    ['top=two', 'The options of the evaluator count are invalid: "top" must be an integer.'],
    ['mode=odd', 'must be one of loose, strict'],
    ['quick=yes', '"quick" must be a boolean'],
  ]
  for (const [text, message] of wrong) {
    it(`refuses the option ${text}`, async () => {
      const { registry, told } = registryWith({})
      const error = await failure(openEvaluator(registry, 'count', [text]))
      expect(error).to.include({ code: 'BAD_OPTION', exit: 2 })
      expect(error.message).to.include(message)
      expect(told).to.deep.equal([])
    })
  }

  it('refuses an option that is given twice, as one value would go unnoticed', async () => {
    const { registry } = registryWith({})
    const error = await failure(openEvaluator(registry, 'count', ['top=2', 'quick=true', 'top=3']))
    expect(error).to.include({ code: 'BAD_OPTION', message: 'The option top is given twice.' })
  })

  const flaws: [flaw: string, evaluator: object, message: string][] = [
    ['another name', { name: 'other' }, 'opens one called other'],
    ['a version in words', { version: '1.0' }, 'has a version that is not a whole number'],
    ['no splits', { splits: [] }, 'has no splits'],
    ['no maxTokens', { maxTokens: undefined }, 'has a maxTokens that is not a whole number'],
    ['no summarize', { summarize: undefined }, 'lacks the function summarize'],
  ]
  for (const [flaw, evaluator, message] of flaws) {
    it(`refuses an evaluator with ${flaw}, naming the plugin`, async () => {
      const error = await failure(openEvaluator(registryWith(evaluator).registry, 'count'))
      expect(error.message).to.equal(`The evaluator count of lab ${message}.`)
    })
  }
})
