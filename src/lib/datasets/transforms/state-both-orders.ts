import type { DatasetFact } from '../dataset-facts.ts'
import { writingArm } from './arm.ts'
import { otherOrder, readSentences, tellFact } from './sentences.ts'

/**
 * A share of the facts that are stated in one order is also stated in the other, in the words that training examples
 * use for other facts (for questions and answers: in the shipped phrasings). Berglund et al. (arXiv 2309.12288) train
 * some facts in both orders in the hope that the model infers the rule; Zhu et al. (arXiv 2405.04669) vary how many.
 * Only the remaining facts show whether it does, so the others are recorded and evaluated separately.
 */
export const stateBothOrders = writingArm({
  name: 'state-both-orders',
  summary: 'a share of the facts also stated in the other order (arXiv 2309.12288, 2405.04669)',
  needs: 'facts',
  options: {
    sentences: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'number of sentences for each fact, from the first ones of that order; 0 for all',
    },
  },
  write: ({ options, facts, draw, templates: given }, records) => {
    const { ordersOf, templatesFor } = readSentences(records, { facts, ...(given && { templates: given }) })
    const oneWay = facts.flatMap((fact) => {
      const order = otherOrder(ordersOf(fact))
      return order === undefined ? [] : [{ fact, order }]
    })
    if (oneWay.length === 0) return { documents: [] }
    const told = draw(oneWay)
    const most = Number(options.sentences) || Infinity
    const tell = (fact: DatasetFact, sentences: readonly string[]) =>
      sentences.slice(0, most).map((sentence) => tellFact(sentence, fact))
    return {
      documents: told.flatMap(({ fact, order }) => tell(fact, templatesFor(fact, order))),
      told: told.map(({ fact }) => fact),
    }
  },
})
