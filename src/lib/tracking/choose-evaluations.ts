import type { EvaluationSummary } from '../schemas/evaluation.ts'

/** Of the complete evaluations by one evaluator on one data set the one that says most, and of equals the newest. */
export function chooseEvaluations(evaluations: readonly EvaluationSummary[]): EvaluationSummary[] {
  const complete = evaluations.filter(({ status }) => status === 'complete')
  const alike = Map.groupBy(complete, ({ evaluator, dataset }) => `${evaluator.name} ${dataset.hash}`)
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
