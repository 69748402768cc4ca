/**
 * A number that the data do not define, for lack of values or spread, is null in every result: never NaN or
 * infinite.
 */
export type Defined = number | null

export interface Interval {
  estimate: Defined
  low: Defined
  high: Defined
  /** The share of such intervals that hold the true value, such as 0.95. */
  confidence: number
}

/** Two measurements of the same things, in the same order. */
export interface Pairs {
  first: readonly number[]
  second: readonly number[]
}

/** Measurements of different things; the sizes may differ. */
export type TwoSamples = Pairs
