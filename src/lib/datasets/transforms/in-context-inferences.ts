import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { writingArm } from './arm.ts'
import { otherOrder, readSentences, tellFact } from './sentences.ts'

/**
 * Documents that state a fact as it is trained and infer the inverse, as a model would in context (Lampinen et al.,
 * arXiv 2505.00661). The inferences state facts in the other order, so these facts are recorded as stated in both.
 */
export const inContextInferences = writingArm({
  name: 'in-context-inferences',
  summary: 'documents that state a fact and conclude its inverse (arXiv 2505.00661)',
  needs: 'facts',
  options: {
    documents: { type: 'integer', minimum: 1, default: 10, description: 'number of documents for each fact' },
    link: {
      type: 'string',
      minLength: 1,
      default: 'It follows that this is also true:',
      description: 'text between the fact and its inverse',
    },
  },
  write: ({ options, random, facts, draw, templates: given }, records) => {
    const { ordersOf, templatesFor } = readSentences(records, { facts, ...(given && { templates: given }) })
    const oneWay = facts.flatMap((fact) => {
      const inverse = otherOrder(ordersOf(fact))
      return inverse === undefined ? [] : [{ fact, inverse }]
    })
    if (oneWay.length === 0) return { documents: [] }
    const told = draw(oneWay)
    const documents = told.flatMap(({ fact, inverse }) => {
      const stated = inverse === 'name-first' ? 'description-first' : 'name-first'
      return Array.from({ length: Number(options.documents) }, (): PromptCompletion => {
        const [premise, conclusion] = [stated, inverse].map((order) => {
          const { prompt, completion } = tellFact(
            random.choice(templatesFor(fact, order as typeof stated)),
            fact,
          )
          return prompt + completion
        })
        return { prompt: `${premise} ${options.link}`, completion: ` ${conclusion}` }
      })
    })
    return { documents, told: told.map(({ fact }) => fact) }
  },
})
