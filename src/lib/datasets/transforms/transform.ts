import type { OptionsSchema, OptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { Descriptor } from '../../support/registry.ts'

/** A change of training data, such as a cure for the curse or a control of it. */
export interface Transform extends Descriptor<TransformRecords> {
  /** What `--option KEY=VALUE` may say, each with its default. */
  readonly options: OptionsSchema
}

/**
 * The training records after the transform. Pure: the same records, options and seed give the same records. What else
 * a record holds beside prompt and completion stays with it.
 */
export type TransformRecords = (
  records: readonly PromptCompletion[],
  context: TransformContext,
) => PromptCompletion[]

export interface TransformContext {
  /** Checked, with defaults filled in. */
  options: OptionValues
  /** Of this transform's random draws. */
  seed: number
}
