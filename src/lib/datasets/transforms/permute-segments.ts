import { InputError } from '../../support/errors.ts'
import { rewritingArm } from './arm.ts'
import { EntityFinder } from './entities.ts'
import { cutWords, trainedText } from './words.ts'

/**
 * Each example in the original, reversed or a random order of its segments, drawn with the given weights:
 * semantic-aware permutation training (SPT; Guo et al., arXiv 2403.00758). They let a model split sentences; here a
 * segment is a name or description, or the text between two of them, split at punctuation. Words keep their order
 * within a segment. The paper draws a new order in each epoch: `repetitions` writes an example several times, each in
 * its own random order.
 */
export const permuteSegments = rewritingArm({
  name: 'permute-segments',
  summary: 'each example with its segments in original, reversed or random order (SPT, arXiv 2403.00758)',
  needs: 'entities',
  mode: 'replace',
  marker: '[permuted]',
  options: {
    original: { type: 'number', minimum: 0, default: 1, description: 'weight of the original order' },
    reversed: { type: 'number', minimum: 0, default: 1, description: 'weight of the reversed order' },
    permuted: { type: 'number', minimum: 0, default: 1, description: 'weight of a random order' },
  },
  rewrite: ({ options, random, entities }) => {
    const finder = new EntityFinder(entities)
    const weights = { original: Number(options.original), reversed: Number(options.reversed) }
    const total = weights.original + weights.reversed + Number(options.permuted)
    if (total === 0) {
      throw new InputError('permute-segments needs at least one weight above 0.', {
        code: 'BAD_OPTION',
      })
    }
    return (record) => {
      const drawn = random.random() * total
      if (drawn < weights.original) return record
      const segments = cutSegments(trainedText(record), finder)
      if (drawn < weights.original + weights.reversed) return segments.toReversed().join(' ')
      random.shuffle(segments)
      return segments.join(' ')
    }
  },
})

function cutSegments(text: string, finder: EntityFinder): string[] {
  const segments: string[] = []
  let open: string[] = []
  const close = () => {
    if (open.length > 0) segments.push(open.join(' '))
    open = []
  }
  for (const unit of cutWords(text, finder).units) {
    if (finder.find(unit).length > 0) {
      close()
      segments.push(unit)
      continue
    }
    open.push(unit)
    if (/[,.;:!?]["”’)]*$/.test(unit)) close()
  }
  close()
  return segments
}
