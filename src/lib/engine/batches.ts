import { chunks } from '../support/chunks.ts'
import { PythonRandom } from '../support/python-random.ts'
import { END_OF_TEXT } from './tokenizer.ts'
import type { NamedArray } from './weights.ts'

/** Texts of like length that make up one step, as the training graph takes them; B texts, T positions. */
export interface TokenBatch {
  rows: number
  length: number
  /** Input tokens: the start token and the tokens of each text, padded at the end; [B, T]. */
  ids: BigInt64Array
  /** The token that follows each position; [B, T, 1]. */
  targets: BigInt64Array
  /** 1 / tokens at each token to predict, 0 on padding; [B, T, 1]. */
  weights: Float32Array
  /** Tokens of the texts, the end of each among them. */
  tokens: number
  /** Added to the attention scores, [B, 1, 1, T]; the causal mask if absent. */
  attention?: NamedArray
}

/** Batches are cut from this many batches' worth of shuffled texts, sorted by length. */
const SORTED_TOGETHER = 25

/**
 * The batches of one epoch (from 0) as positions in `lengths`. The order depends only on the seed and the epoch, so a
 * training can resume at any step. Texts of similar length share a batch, which keeps padding small.
 */
export function epochBatches(
  lengths: readonly number[],
  { batchSize, seed, epoch }: { batchSize: number; seed: number; epoch: number },
): number[][] {
  const random = new PythonRandom((BigInt(seed) << 32n) + BigInt(epoch))
  const order = [...lengths.keys()]
  random.shuffle(order)
  const batches = chunks(order, batchSize * SORTED_TOGETHER)
    .map((together) => together.sort((a, b) => lengths[a]! - lengths[b]!))
    .flatMap((together) => chunks(together, batchSize))
  random.shuffle(batches)
  return batches
}

/** Puts texts (their tokens) into one batch, each after an end of text and with one at its end. */
export function collate(texts: readonly (readonly number[])[]): TokenBatch {
  return collateSequences(texts.map((ids) => [END_OF_TEXT, ...ids, END_OF_TEXT]))
}

/** Puts whole sequences into one batch: every token except the first of each is predicted. */
export function collateSequences(sequences: readonly (readonly number[])[]): TokenBatch {
  const rows = sequences.length
  const length = Math.max(...sequences.map((ids) => ids.length)) - 1
  const tokens = sequences.reduce((total, ids) => total + ids.length - 1, 0)
  const batch: TokenBatch = {
    rows,
    length,
    ids: new BigInt64Array(rows * length),
    targets: new BigInt64Array(rows * length),
    weights: new Float32Array(rows * length),
    tokens,
  }
  for (const [row, ids] of sequences.entries()) {
    const start = row * length
    batch.ids.set(ids.slice(0, -1).map(BigInt), start)
    batch.targets.set(ids.slice(1).map(BigInt), start)
    batch.weights.fill(1 / tokens, start, start + ids.length - 1)
  }
  return batch
}
