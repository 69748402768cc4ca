import type { EvaluationSummary } from '../schemas/evaluation.ts'

/**
 * Among complete evaluations by one evaluator with the same options on one data set, chooses the most informative, and
 * among equals the newest. If the files of the data set have changed between evaluations, only its newest contents count.
 */
export function chooseEvaluations(evaluations: readonly EvaluationSummary[]): EvaluationSummary[] {
  return byPlace(evaluations).map((own) => own[0]!)
}

/** The best evaluations of what their data set was before its files changed, each with the one that counts instead. */
export function supersededEvaluations(
  evaluations: readonly EvaluationSummary[],
): { summary: EvaluationSummary; by: EvaluationSummary }[] {
  return byPlace(evaluations).flatMap(([by, ...older]) => older.map((summary) => ({ summary, by: by! })))
}

/** For each evaluator, options and directory of a data set the best evaluation of each of its contents, the newest first. */
function byPlace(evaluations: readonly EvaluationSummary[]): EvaluationSummary[][] {
  const complete = evaluations.filter(({ status }) => status === 'complete')
  const alike = Map.groupBy(complete, (own) => JSON.stringify([...asked(own), own.dataset.hash]))
  const best = Array.from(alike.values(), (own) => own.toSorted(compareWorth)[0]!)
  const places = Map.groupBy(best, (own) => JSON.stringify([...asked(own), own.dataset.directory]))
  return Array.from(places.values(), (own) =>
    own.toSorted((a, b) => b.created_at.localeCompare(a.created_at)),
  )
}

function asked({ evaluator, arguments: { evaluator_options: options } }: EvaluationSummary) {
  return [evaluator.name, options] as const
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
