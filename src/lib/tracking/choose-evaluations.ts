import type { EvaluationSummary } from '../schemas/evaluation.ts'

/**
 * Among complete evaluations by one evaluator with the same options on one data set, chooses the most informative, and
 * among equals the newest.
 */
export function chooseEvaluations(evaluations: readonly EvaluationSummary[]): EvaluationSummary[] {
  const complete = evaluations.filter(({ status }) => status === 'complete')
  const alike = Map.groupBy(complete, ({ evaluator, dataset, arguments: { evaluator_options: options } }) =>
    JSON.stringify([evaluator.name, options, dataset.hash]),
  )
  return [...alike.values()].map((own) => own.toSorted(compareWorth)[0]!)
}

/** Later versions of an evaluator, more prompts, more measures and a later time come first. */
function compareWorth(a: EvaluationSummary, b: EvaluationSummary): number {
  const prompts = ({ splits }: EvaluationSummary) => splits.reduce((sum, { samples }) => sum + samples, 0)
  const ranked = (summary: EvaluationSummary) => Number(summary.arguments.rank_all === true)
  return (
    b.evaluator.version - a.evaluator.version ||
    prompts(b) - prompts(a) ||
    ranked(b) - ranked(a) ||
    b.created_at.localeCompare(a.created_at)
  )
}
