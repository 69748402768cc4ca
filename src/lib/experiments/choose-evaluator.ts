import type { DatasetKind } from '../datasets/dataset-kind.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import { openEvaluator } from '../evaluation/open-evaluator.ts'
import { reverseDescriptor } from '../evaluation/reverse-descriptor.ts'
import { requireRanking } from '../evaluation/run-evaluation.ts'
import type { Extensions } from '../extensions/extensions.ts'

/**
 * The evaluator of a data set's kind; that of experiment 1, which says why not, where no kind knows the data set. Throws
 * InputError RANKING_UNSUPPORTED where it cannot do what is asked of it.
 */
export async function chooseEvaluator({
  directory,
  extensions: { evaluators, datasetKinds },
  rankAll,
}: {
  directory: string | undefined
  extensions: Pick<Extensions, 'evaluators' | 'datasetKinds'>
  /** Score all candidate answers, too. */
  rankAll: boolean
}): Promise<OpenedEvaluator> {
  const kind = directory === undefined ? undefined : await recognize(directory, datasetKinds)
  const opened = await openEvaluator(evaluators, kind?.evaluator ?? reverseDescriptor.name)
  if (rankAll) requireRanking(opened.evaluator)
  return opened
}

async function recognize(
  directory: string,
  kinds: Extensions['datasetKinds'],
): Promise<DatasetKind | undefined> {
  for (const { entry } of kinds.list()) if (await entry.recognize(directory)) return entry
  return undefined
}
