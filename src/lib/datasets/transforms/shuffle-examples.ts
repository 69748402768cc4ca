import { PythonRandom } from '../../support/python-random.ts'
import type { Transform } from './transform.ts'

/** The same records in another order, as CPython's `random.Random(seed).shuffle` leaves them. */
export const shuffleExamples: Transform = {
  name: 'shuffle-examples',
  summary: 'the same training examples in a random order',
  options: { type: 'object', properties: {}, additionalProperties: false },
  open:
    async () =>
    (records, { seed }) => {
      const shuffled = [...records]
      new PythonRandom(seed).shuffle(shuffled)
      return shuffled
    },
}
