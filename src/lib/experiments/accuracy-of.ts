import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { ReversalError } from '../support/errors.ts'

/** The accuracy of a split; undefined where the evaluation has none. Throws ReversalError NOT_MEASURED. */
export function accuracyOf({ splits }: Pick<EvaluationSummary, 'splits'>, split: string): number | undefined {
  const found = splits.find((own) => own.split === split)
  if (found?.not_measured !== undefined) {
    throw new ReversalError(`The split ${split} is not measured: ${found.not_measured}.`, {
      code: 'NOT_MEASURED',
      suggestions: ['see what the model writes: samples.jsonl of the evaluation'],
    })
  }
  return found?.metrics.prefix_accuracy ?? undefined
}
