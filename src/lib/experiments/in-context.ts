import type { Direction } from '../evaluation/directions.ts'
import { DIRECTIONS } from '../evaluation/directions.ts'
import { IN_CONTEXT_SPLITS } from '../evaluation/in-context.ts'
import { PAPER_TABLE_5 } from '../evaluation/paper.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'

/** Shares of right answers in reverse about a fact stated in the prompt, 0 to 1. */
export interface InContext {
  /** Null if the model has no answers, for example because such prompts are too long for it. */
  reverse: Record<Direction, number | null>
  /** The paper's Table 5. */
  paper: Record<Direction, number>
  /** Behind each share. */
  prompts: Record<Direction, number>
}

export function readInContext({ splits }: Pick<EvaluationSummary, 'splits'>): InContext {
  const find = (direction: Direction) => splits.find(({ split }) => split === IN_CONTEXT_SPLITS[direction])
  const shareOf = (direction: Direction) => {
    const own = find(direction)
    return own?.not_measured === undefined ? (own?.metrics.prefix_accuracy ?? null) : null
  }
  return {
    reverse: byDirection(shareOf),
    paper: PAPER_TABLE_5,
    prompts: byDirection((direction) => find(direction)?.samples ?? 0),
  }
}

function byDirection<T>(read: (direction: Direction) => T): Record<Direction, T> {
  const entries = DIRECTIONS.map((direction) => [direction, read(direction)])
  return Object.fromEntries(entries) as Record<Direction, T>
}
