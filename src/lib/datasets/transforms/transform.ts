import type { OptionsSchema, OptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { Descriptor } from '../../support/registry.ts'
import type { DatasetFacts } from '../dataset-facts.ts'

/** A change of training data, such as a cure for the curse or a control of it. */
export interface Transform extends Descriptor<TransformRecords> {
  /** Options for `--option KEY=VALUE`, each with its default. */
  readonly options: OptionsSchema
  /** Those options whose values are text files; the data set keeps a copy of each. */
  readonly files?: readonly string[]
}

/**
 * The training records after the transform. Pure: the same records and context give the same records. Fields other than
 * prompt and completion are kept. May throw InputError.
 */
export type TransformRecords = (
  records: readonly PromptCompletion[],
  context: TransformContext,
) => PromptCompletion[] | TransformedRecords

/** Records, and what their evaluation must know. */
export interface TransformedRecords {
  records: PromptCompletion[]
  /**
   * Facts that the records now state in both orders, in plain sentences: for these, a test of the reverse direction
   * finds what was trained, not whether the model generalizes.
   */
  told: readonly FactInBothOrders[]
}

/** A fact by its name, or by its question, and its description or answer. */
export interface FactInBothOrders {
  name: string
  description: string
}

export interface TransformContext extends DatasetFacts {
  /** Checked, with defaults filled in. */
  options: OptionValues
  /** Seed of this transform's random draws. */
  seed: number
  /** Contents of the files that options name, by option. */
  files: Readonly<Record<string, string>>
}
