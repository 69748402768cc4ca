import type { OptionsSchema, OptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { Descriptor } from '../../support/registry.ts'
import type { DatasetFacts } from '../dataset-facts.ts'

/** A change of training data, such as a cure for the curse or a control of it. */
export interface Transform extends Descriptor<TransformRecords> {
  /** What `--option KEY=VALUE` may say, each with its default. */
  readonly options: OptionsSchema
  /** Those options whose values are text files; the data set keeps a copy of each. */
  readonly files?: readonly string[]
}

/**
 * The training records after the transform. Pure: the same records and context give the same records. What else a
 * record holds beside prompt and completion stays with it. May throw InputError.
 */
export type TransformRecords = (
  records: readonly PromptCompletion[],
  context: TransformContext,
) => PromptCompletion[] | TransformedRecords

/** Records, and what their evaluation must know. */
export interface TransformedRecords {
  records: PromptCompletion[]
  /**
   * Facts that the records now tell in both orders, in plain sentences: a test of the reverse direction finds there
   * what was trained, not whether the model generalizes.
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
  /** Of this transform's random draws. */
  seed: number
  /** What the files hold that options name, by option. */
  files: Readonly<Record<string, string>>
}
