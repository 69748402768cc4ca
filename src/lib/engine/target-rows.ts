import type { ScoreRequest } from '../schemas/completion.ts'

/** A target as tokens: it begins at `from`, after what all targets of its request share. */
export interface TargetRow {
  ids: number[]
  from: number
}

/**
 * Each target's tokens as they are after the prompt in one text, which is what a model is trained on. A token
 * that reaches over the end of the prompt counts as the target's.
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
