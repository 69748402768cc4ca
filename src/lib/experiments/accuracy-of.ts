import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { ReversalError } from '../support/errors.ts'

type Summary = Pick<EvaluationSummary, 'splits'>

/** The accuracy of a split. Throws ReversalError NOT_MEASURED if the evaluation has none. */
export function accuracyOf(summary: Summary, split: string): number {
  requireMeasured(summary, [split])
  const accuracy = summary.splits.find((own) => own.split === split)?.metrics.prefix_accuracy
  if (typeof accuracy === 'number') return accuracy
  throw notMeasured(split, 'it has no answers')
}

/** Throws ReversalError NOT_MEASURED with the reason if one of the splits is not measured. */
export function requireMeasured({ splits }: Summary, names: readonly string[]): void {
  for (const { split, not_measured: reason } of splits) {
    if (reason !== undefined && names.includes(split)) throw notMeasured(split, reason)
  }
}

function notMeasured(split: string, reason: string): ReversalError {
  return new ReversalError(`The split ${split} is not measured: ${reason}.`, {
    code: 'NOT_MEASURED',
    suggestions: ['see what the model writes: samples.jsonl of the evaluation'],
  })
}
