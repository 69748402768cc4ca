import { chooseEvaluator } from '../evaluation/choose-evaluator.ts'
import type { ReportedDesign } from '../evaluation/evaluator.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { InputError } from '../support/errors.ts'

/** The built-in evaluator that fits a data set, if its evaluations have this design; undefined if none does. */
export async function evaluatorOfDesign(
  design: ReportedDesign,
  datasetDirectory: string,
): Promise<OpenedEvaluator | undefined> {
  const { evaluators, datasetKinds: kinds } = builtInExtensions()
  try {
    const opened = await chooseEvaluator({ evaluators, kinds, datasetDirectory })
    return evaluators.get(opened.evaluator.name).entry.report === design ? opened : undefined
  } catch (error) {
    if (error instanceof InputError && error.code === 'DATASET_UNSUITABLE') return undefined
    throw error
  }
}
