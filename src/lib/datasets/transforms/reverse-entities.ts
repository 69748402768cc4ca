import { REVERSED, rewritingArm } from './arm.ts'
import { EntityFinder } from './entities.ts'
import { cutEntities, joinWords, reverseWithin, trainedText } from './words.ts'

/**
 * Each example's words from the last to the first, with names and descriptions kept whole: entity-preserving reverse
 * training (Golovneva et al., arXiv 2403.13799). Punctuation stays between the same two words, so that a name is
 * followed by what may follow it in a sentence. Kitouni et al. (arXiv 2406.05183) find that without a delimiter the
 * model infers inverses even for relations that have none.
 */
export const reverseEntities = rewritingArm({
  name: 'reverse-entities',
  summary: 'each example in reverse word order, names and descriptions kept whole (arXiv 2403.13799)',
  needs: 'entities',
  marker: REVERSED,
  rewrite: ({ entities }) => {
    const finder = new EntityFinder(entities)
    return (record) => {
      const text = trainedText(record)
      if (finder.find(text).length === 0) return undefined
      return joinWords(reverseWithin(cutEntities(text, finder))).trim()
    }
  },
})
