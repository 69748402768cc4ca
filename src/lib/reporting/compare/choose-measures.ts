import { InputError } from '../../support/errors.ts'

const USUAL_MEASURES = ['prefix_match', 'logprob']

/** The measures asked for, or the usual ones that both sides have, or all. Throws InputError MEASURE_UNKNOWN. */
export function chooseMeasures(common: readonly string[], asked: readonly string[]): string[] {
  const unknown = asked.find((name) => !common.includes(name))
  if (unknown !== undefined) {
    throw new InputError(`There is no measure ${unknown} on both sides; they have ${common.join(', ')}.`, {
      code: 'MEASURE_UNKNOWN',
    })
  }
  if (asked.length > 0) return [...asked]
  const usual = USUAL_MEASURES.filter((name) => common.includes(name))
  return usual.length > 0 ? usual : [...common]
}
