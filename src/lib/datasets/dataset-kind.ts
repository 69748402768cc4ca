import type { Descriptor } from '../support/registry.ts'
import type { DatasetFacts } from './dataset-facts.ts'
import type { Finding } from './finding.ts'

/** A kind of data set: how its directory is recognized, checked and evaluated. */
export interface DatasetKind extends Descriptor<DatasetRules> {
  /** The evaluator that fits it, by name. */
  readonly evaluator: string
  /** True if it accepts any directory that no other kind does, so that it must come last. */
  readonly takesTheRest?: boolean
  /** True for a directory that holds a data set of this kind, complete or not. */
  recognize(directory: string): Promise<boolean>
}

export interface DatasetRules {
  /**
   * Checks a data set. `trainingFile`, without `.jsonl`, is the file that the rules treat as the training file: for a
   * transformed data set, the one before its transforms.
   */
  validate(directory: string, options: { trainingFile: string }): Promise<Finding[]>
  /** The facts of its training examples, for transforms: the same files give the same facts. */
  facts?(directory: string): Promise<DatasetFacts>
}
