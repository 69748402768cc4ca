import type { TargetRow } from './target-rows.ts'

/** Rows of one step: the texts' next tokens, padded in front to one length. */
export interface Rows<P> {
  ids: readonly (readonly number[])[]
  /** Columns at the front of each row's text, earlier ones included, that are padding. */
  padding?: readonly number[]
  /** State of the previous step; it is consumed. */
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
  /** Reads tokens and scores the possible next ones. */
  next(rows: Rows<P>): Promise<NextTokens<P>>
  /** For each row, the log-probability of each of its tokens from `from` (at least 1) on. Rows may differ in length. */
  logprobs(rows: readonly TargetRow[]): Promise<Float32Array[]>
  /** The same for the tokens of each ending after one text of at least one token; common tokens are computed once. */
  logprobsAfter(text: readonly number[], endings: readonly (readonly number[])[]): Promise<Float32Array[]>
  /** The state of the given rows only, in the given order; a row may be repeated. Consumes `past`. */
  select(past: P, rows: readonly number[]): P
  /** Releases a state that is no longer needed. */
  release(past: P): void
  close(): Promise<void>
}
