import type { LearnedDirection } from '../../lib/evaluation/learned.ts'
import { explainNotLearned } from '../../lib/evaluation/learned.ts'
import { wrapText } from './table.ts'

/** Fewer facts need a higher accuracy, so more facts help as well. */
export function adviseEpochs(epochs: number): string {
  return wrapText(
    `Train longer: reversal finetune:start … --n-epochs ${epochs}. Or train on more facts: then a lower accuracy suffices.`,
  )
}

/**
 * For each direction of training that was not learned, says that nothing follows for the reverse, why, and what would
 * help.
 */
export function renderNotLearned(
  directions: readonly LearnedDirection[],
  { proposedEpochs }: { proposedEpochs?: number | undefined } = {},
): string[] {
  const lines = directions
    .filter(({ learned }) => !learned)
    .map(({ direction, ...judged }) => wrapText(`${direction}: ${explainNotLearned(judged)}.`))
  if (lines.length === 0 || proposedEpochs === undefined) return lines
  return [...lines, adviseEpochs(proposedEpochs)]
}
