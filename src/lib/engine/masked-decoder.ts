import { chunks } from '../support/chunks.ts'
import type { Decoder } from './decoder.ts'
import { PADDING } from './decoder.ts'
import type { NextTokens, RowDecoder, Rows } from './row-decoder.ts'
import type { TargetRow } from './target-rows.ts'

/** Contexts that are computed together. */
const ROWS = 64

/** Texts so far, padded in front to one length. */
interface Texts {
  ids: readonly (readonly number[])[]
}

/**
 * Runs a model that fills masks. The next token after a text is what the model puts in place of one mask at its end:
 *
 *   p(x_i | x_<i) = softmax over the vocabulary at the mask of END x₁ … x_i−1 MASK.
 *
 * A completion is written from left to right, with a mask for each token, until the end of text is the most likely. The
 * score of a target after a prompt is the sum of log p(x_i | x_<i) over the target's tokens. As each factor sums to one
 * over the vocabulary, and the end of text is one of its tokens, this is a probability distribution over texts of all
 * lengths: the model is never told how long a text is.
 *
 * Positions attend in both directions, so keys and values change with each token and cannot be cached: each token takes
 * a pass over the whole text.
 */
export class MaskedDecoder implements RowDecoder<Texts> {
  readonly #decoder: Decoder
  readonly #mask: number

  constructor(decoder: Decoder, mask: number) {
    this.#decoder = decoder
    this.#mask = mask
  }

  async next({ ids, padding, past }: Rows<Texts>): Promise<NextTokens<Texts>> {
    const texts = past === undefined ? ids : ids.map((own, row) => [...past.ids[row]!, ...own])
    const rows = texts.map((text) => [...text, this.#mask])
    const { logits } = await this.#decoder.next({ ids: rows, ...(padding && { padding }) })
    return { logits, past: { ids: texts } }
  }

  async logprobs(rows: readonly TargetRow[]): Promise<Float32Array[]> {
    const contexts = new Map<
      string,
      { ids: readonly number[]; asked: [into: Float32Array, at: number, token: number][] }
    >()
    const results = rows.map(({ ids, from }) => {
      const into = new Float32Array(ids.length - from)
      for (let index = from; index < ids.length; index++) {
        const context = ids.slice(0, index)
        const key = context.join()
        const known = contexts.get(key) ?? { ids: context, asked: [] }
        known.asked.push([into, index - from, ids[index]!])
        contexts.set(key, known)
      }
      return into
    })
    const byLength = [...contexts.values()].sort((a, b) => a.ids.length - b.ids.length)
    for (const batch of chunks(byLength, ROWS)) {
      const longest = batch.at(-1)!.ids.length
      const padding = batch.map(({ ids }) => longest - ids.length)
      const padded = batch.map(({ ids }, row) => [...Array<number>(padding[row]!).fill(PADDING), ...ids])
      const { logits } = await this.next({ ids: padded, padding })
      const V = logits.length / batch.length
      for (const [row, { asked }] of batch.entries()) {
        const own = logits.subarray(row * V, (row + 1) * V)
        const total = logSumExp(own)
        for (const [into, at, token] of asked) into[at] = own[token]! - total
      }
    }
    return results
  }

  logprobsAfter(text: readonly number[], endings: readonly (readonly number[])[]): Promise<Float32Array[]> {
    return this.logprobs(endings.map((ids) => ({ ids: [...text, ...ids], from: text.length })))
  }

  select({ ids }: Texts, rows: readonly number[]): Texts {
    return { ids: rows.map((row) => ids[row]!) }
  }

  release(): void {}

  async close(): Promise<void> {
    await this.#decoder.close()
  }
}

function logSumExp(values: Float32Array): number {
  const most = values.reduce((a, b) => Math.max(a, b))
  return most + Math.log(values.reduce((total, value) => total + Math.exp(value - most), 0))
}
