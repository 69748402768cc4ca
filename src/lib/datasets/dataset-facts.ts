/** In which order training sentences tell a fact. */
export type ToldOrder = 'name-first' | 'description-first' | 'both'

/** Two things that belong together: a name and a description, or a question and its answer. */
export interface DatasetFact {
  name: string
  description: string
  /** As far as the data set says it. */
  order?: ToldOrder
  /** Of several relations in one data set, which one: each has sentences of its own. */
  relation?: string
}

/** A data set's own facts, and sentences in which they may be told. */
export interface DatasetFacts {
  facts: readonly DatasetFact[]
  /** Other names that its training examples hold, which stay whole as those of facts do. */
  entities?: readonly string[]
  /**
   * Sentences with `<name>` and `<description>` in them, by the order in which they tell a fact. Those of the training
   * examples serve where none are given.
   */
  templates?: Readonly<Record<Exclude<ToldOrder, 'both'>, readonly string[]>>
}
