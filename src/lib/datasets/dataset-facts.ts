/** The order in which training sentences state a fact. */
export type ToldOrder = 'name-first' | 'description-first' | 'both'

/** Two things that belong together: a name and a description, or a question and its answer. */
export interface DatasetFact {
  name: string
  description: string
  /** Undefined if the data set does not say. */
  order?: ToldOrder
  /** The relation, if the data set has several: each has its own sentences. */
  relation?: string
}

/** A data set's facts, and sentences to state them in. */
export interface DatasetFacts {
  facts: readonly DatasetFact[]
  /** Other names in its training examples, which are also kept whole. */
  entities?: readonly string[]
  /**
   * Sentences with `<name>` and `<description>`, by the order in which they state a fact. By default those of the
   * training examples are used.
   */
  templates?: Readonly<Record<Exclude<ToldOrder, 'both'>, readonly string[]>>
}
