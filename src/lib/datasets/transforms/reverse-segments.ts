import { REVERSED, rewritingArm } from './arm.ts'
import { cutWords, trainedText } from './words.ts'

/**
 * Each example cut at random into segments of 1 to `longest` words; the segments are reversed, the words within each
 * are not (Golovneva et al., arXiv 2403.13799). They find that it works if segments are as long as names.
 */
export const reverseSegments = rewritingArm({
  name: 'reverse-segments',
  summary: 'each example in random segments of words, in reverse order (arXiv 2403.13799)',
  marker: REVERSED,
  options: {
    longest: { type: 'integer', minimum: 1, default: 8, description: 'maximum number of words in a segment' },
  },
  rewrite:
    ({ options, random }) =>
    (record) => {
      const { units } = cutWords(trainedText(record))
      if (units.length < 2) return undefined
      const segments: string[] = []
      for (let start = 0; start < units.length; ) {
        const end = start + random.randint(1, Number(options.longest))
        segments.push(units.slice(start, end).join(' '))
        start = end
      }
      return segments.toReversed().join(' ')
    },
})
