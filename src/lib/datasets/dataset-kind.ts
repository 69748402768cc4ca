import type { Descriptor } from '../support/registry.ts'
import type { DatasetFacts } from './dataset-facts.ts'
import type { Finding } from './finding.ts'

/** A kind of data set: how its directory is recognized, checked and evaluated. */
export interface DatasetKind extends Descriptor<DatasetRules> {
  /** The evaluator that fits it, by name. */
  readonly evaluator: string
  /** Accepts any directory that no other kind does: it is asked last. */
  readonly takesTheRest?: boolean
  /** True for a directory that holds a data set of this kind, complete or not. */
  recognize(directory: string): Promise<boolean>
}

export interface DatasetRules {
  /**
   * What is wrong with a data set. `trainingFile`, without `.jsonl`, is the file that the rules take for the training
   * file: of a transformed data set the one before its transforms.
   */
  validate(directory: string, options: { trainingFile: string }): Promise<Finding[]>
  /** The facts of its training examples, for transforms: the same files give the same facts. */
  facts?(directory: string): Promise<DatasetFacts>
}
