import type { TargetRow } from './target-rows.ts'

/** Rows of one step: the texts' next tokens, padded in front to one length. */
export interface Rows<P> {
  ids: readonly (readonly number[])[]
  /** Columns at the front of each row's text, earlier ones included, that are padding. */
  padding?: readonly number[]
  /** What the step before left; it is used up. */
  past?: P
}

export interface NextTokens<P> {
  /** [B, V], row by row; there until `past` is used up. */
  logits: Float32Array
  /** The texts so far, for the next step. */
  past: P
}

/** Runs a trained model. What it keeps of texts (P) is its own matter. */
export interface RowDecoder<P = unknown> {
  /** Feed tokens and score what may come next. */
  next(rows: Rows<P>): Promise<NextTokens<P>>
  /** For each row, the log-probability of each of its tokens from `from` (at least 1) on. Rows may differ in length. */
  logprobs(rows: readonly TargetRow[]): Promise<Float32Array[]>
  /** The same of the tokens of each ending after one text of at least one token; what they share is computed once. */
  logprobsAfter(text: readonly number[], endings: readonly (readonly number[])[]): Promise<Float32Array[]>
  /** What is kept of the given rows alone, in the given order; a row may come several times. What was kept is used up. */
  select(past: P, rows: readonly number[]): P
  /** Uses up what is not needed any more. */
  release(past: P): void
  close(): Promise<void>
}
