import type { TokenBatch } from './batches.ts'
import { commonPrefix } from './target-rows.ts'

/** The part of each text that the loss covers: all of it, its completion, or the name or description at its end. */
export const LOSSES = ['all', 'completion', 'target'] as const
export type Loss = (typeof LOSSES)[number]
export const DEFAULT_LOSS: Loss = 'all'

/**
 * A part of a text that the loss covers, as UTF-16 offsets; if it reaches the end of the text, the end-of-text token
 * counts, too.
 */
export interface LossPart {
  from: number
  to: number
}

/** Those positions of a batch's row whose losses count: from, and before. */
export interface CountedPositions {
  from: number
  to: number
}

/**
 * Positions in the row of a text at which the tokens of a part are predicted. A token that spans the start or end of
 * the part counts.
 */
export function countedPositions(
  text: string,
  part: LossPart,
  {
    ids,
    encode,
    shift,
  }: {
    /** The text's tokens without its end. */
    ids: readonly number[]
    encode: (text: string) => readonly number[]
    /** The position at which the first token is predicted: 0 after an end of text, −1 if nothing precedes it. */
    shift: 0 | -1
  },
): CountedPositions {
  const from = commonPrefix(encode(text.slice(0, part.from)), ids)
  const before = encode(text.slice(0, part.to))
  const common = commonPrefix(before, ids)
  const to = part.to >= text.length ? ids.length + 1 : common + (common < before.length ? 1 : 0)
  return { from: Math.max(0, from + shift), to: Math.max(0, to + shift) }
}

/**
 * Restricts the loss to some positions of each row, weighted equally. A batch without any such position has no loss.
 */
export function countOnly(batch: TokenBatch, rows: readonly CountedPositions[]): void {
  const { length, weights } = batch
  let sum = 0
  for (const [row, { from, to }] of rows.entries()) {
    for (let position = 0; position < length; position++) {
      const place = row * length + position
      if (position < from || position >= to) weights[place] = 0
      else if (weights[place] !== 0) sum++
    }
  }
  for (let place = 0; place < weights.length; place++) if (weights[place] !== 0) weights[place] = 1 / sum
}
