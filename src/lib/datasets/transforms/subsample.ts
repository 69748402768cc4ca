import { PythonRandom } from '../../support/python-random.ts'
import type { Transform } from './transform.ts'

/** A share of the records, drawn without replacement, in their old order; at least one. */
export const subsample: Transform = {
  name: 'subsample',
  summary: 'a random share of the training examples, in their order',
  options: {
    type: 'object',
    properties: {
      share: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 1,
        default: 0.5,
        description: 'share of the examples to keep, above 0 and up to 1',
      },
    },
    additionalProperties: false,
  },
  open:
    async () =>
    (records, { options, seed }) => {
      const count = Math.max(1, Math.round(records.length * Number(options.share)))
      const places = records.map((_, index) => index)
      const kept = new PythonRandom(seed).sample(places, Math.min(count, records.length))
      return kept.toSorted((a, b) => a - b).map((index) => records[index]!)
    },
}
