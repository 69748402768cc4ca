import type { ScoreRequest } from '../schemas/completion.ts'

/** A target as tokens: it starts at `from`, after the tokens that all targets of its request share. */
export interface TargetRow {
  ids: number[]
  from: number
}

/**
 * The tokens of each target as part of one text with the prompt, which is how a model is trained. A token that spans
 * the end of the prompt belongs to the target.
 */
export function targetRows(
  { prompt, targets }: ScoreRequest,
  encode: (text: string) => number[],
): TargetRow[] {
  const start = encode(prompt)
  const texts = targets.map((target) => encode(prompt + target))
  const from = Math.min(start.length, ...texts.map((ids) => commonPrefix(start, ids)))
  return texts.map((ids) => ({ ids, from }))
}

/** How many elements two lists have in common at their starts. */
export function commonPrefix<T>(a: readonly T[], b: readonly T[]): number {
  const difference = a.findIndex((element, index) => b[index] !== element)
  return difference === -1 ? a.length : difference
}
