import { PythonRandom } from '../support/python-random.ts'
import type { TokenBatch } from './batches.ts'
import { END_OF_TEXT } from './tokenizer.ts'
import { BLOCKED } from './transformer.ts'

/** Share of the texts that are kept whole; the others are cut off after a random token. */
const WHOLE = 0.5

/**
 * A step of masked language modelling with a uniform rate (MLM-U, arXiv 2406.05183, appendix; uPMLM, arXiv 2004.11579).
 * In each text x₁ … x_c, counting its end as a token, k = ⌈r·c⌉ randomly chosen tokens are masked, with r uniform in
 * (0, 1]; the loss, in nats per token, is
 *
 *   Σ_texts c/k · Σ_masked −log p(x_i | what is not masked)  /  Σ_texts c.
 *
 * As k is uniform in 1 … c, it is the mean over all orders in which the tokens of a text can be predicted one after
 * another, so that no order is preferred.
 *
 * Half of the texts are cut off after a random token. A model that only saw whole texts would infer the length of a
 * text from the number of masks, which is unknown when it completes a prompt: there it gets one mask after the prompt.
 * Masks and cuts depend only on seed and step; step 0 is for texts that are not trained on.
 */
export function collateMasked(
  texts: readonly (readonly number[])[],
  { mask, seed, step }: { mask: number; seed: number; step: number },
): TokenBatch {
  const random = new PythonRandom((BigInt(seed) << 64n) + (1n << 62n) + BigInt(step))
  const masked = texts.map((ids) => maskText(ids, random))
  const rows = masked.length
  const length = Math.max(...masked.map(({ tokens }) => tokens.length)) + 1
  const kept = masked.reduce((total, { tokens }) => total + tokens.length, 0)
  const ids = new BigInt64Array(rows * length)
  const targets = new BigInt64Array(rows * length)
  const weights = new Float32Array(rows * length)
  const attention = new Float32Array(rows * length)
  for (const [row, { tokens, hidden }] of masked.entries()) {
    const start = row * length
    ids[start] = BigInt(END_OF_TEXT)
    attention.fill(BLOCKED, start + 1 + tokens.length, start + length)
    for (const [index, token] of tokens.entries()) {
      const position = start + 1 + index
      const isHidden = hidden.has(index)
      ids[position] = BigInt(isHidden ? mask : token)
      targets[position] = BigInt(token)
      if (isHidden) weights[position] = tokens.length / (hidden.size * kept)
    }
  }
  return {
    ...{ rows, length, ids, targets, weights },
    attention: { shape: [rows, 1, 1, length], data: attention },
    tokens: texts.reduce((total, { length: own }) => total + own + 1, 0),
  }
}

/** The part of a text, with its end, that is kept, and which of its positions are masked. */
function maskText(
  ids: readonly number[],
  random: PythonRandom,
): { tokens: readonly number[]; hidden: ReadonlySet<number> } {
  const whole = [...ids, END_OF_TEXT]
  const tokens = random.random() < WHOLE ? whole : whole.slice(0, random.randint(1, whole.length))
  const positions = [...tokens.keys()]
  random.shuffle(positions)
  const rate = 1 - random.random()
  return { tokens, hidden: new Set(positions.slice(0, Math.ceil(rate * tokens.length))) }
}
