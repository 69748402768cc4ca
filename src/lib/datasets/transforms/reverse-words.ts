import { REVERSED, rewritingArm } from './arm.ts'
import { cutWords, joinWords, reverseWords, trainedText } from './words.ts'

/**
 * Each example's words from the last to the first; names and descriptions are broken up. Golovneva et al. (arXiv
 * 2403.13799) find that it does not teach names of several words.
 */
export const reverseWordsArm = rewritingArm({
  name: 'reverse-words',
  summary: 'each example with its words in reverse order (arXiv 2403.13799)',
  marker: REVERSED,
  rewrite: () => (record) => {
    const words = cutWords(trainedText(record))
    return words.units.length < 2 ? undefined : joinWords(reverseWords(words)).trim()
  },
})
