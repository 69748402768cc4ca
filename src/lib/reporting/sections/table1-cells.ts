import type { Direction } from '../../evaluation/directions.ts'
import { DIRECTION_SPLITS } from '../../evaluation/directions.ts'
import { measureReversalGap } from '../../statistics/reversal-gap.ts'
import type { ShuffledAnswersResult } from '../../statistics/shuffled-answers.ts'
import { testShuffledAnswers } from '../../statistics/shuffled-answers.ts'
import type { RunEvidence } from '../evidence/evidence.ts'
import { rightAnswers } from '../evidence/right-answers.ts'
import type { Mark } from '../interval-figure.ts'
import type { Row } from '../report.ts'
import { judgeGroup, LEARNED, NOT_LEARNED } from './learned.ts'
import type { Pool, ScoredRun } from './pooled.ts'
import { directionScores, estimateShare, pool, RESAMPLES } from './pooled.ts'

type Order = 'same' | 'reverse'

/**
 * The values behind two cells of Table 1: the prompts of one direction of training, in both orders, each right or not.
 */
export function table1Cells(runs: readonly ScoredRun[], direction: Direction): Record<Order, Pool> {
  const splits = DIRECTION_SPLITS[direction]
  return {
    same: pool(runs, splits.same, ({ right }) => right),
    reverse: pool(runs, splits.reverse, ({ right }) => right),
  }
}

/**
 * Accuracy in both orders and the gap between them, with intervals clustered by fact; what the reverse would be by
 * chance; and whether the facts were learned.
 */
export function measureDirection(runs: readonly RunEvidence[], direction: Direction) {
  const cells = table1Cells(directionScores(runs), direction)
  const { same, reverse } = cells
  const judged = judgeGroup(runs, direction)
  return {
    cells,
    same: estimateShare(same),
    reverse: estimateShare(reverse),
    gap: measureReversalGap({
      same: { values: same.values, facts: same.clusters },
      reverse: { values: reverse.values, facts: reverse.clusters },
      resamples: RESAMPLES,
    }),
    shuffled: shuffleAnswers(runs, DIRECTION_SPLITS[direction].reverse),
    judged,
    verdict: judged === undefined ? null : judged.learned ? LEARNED : NOT_LEARNED,
  }
}

/** How often the answers of a split would be right if they were shuffled among the facts of their data set. */
function shuffleAnswers(runs: readonly RunEvidence[], split: string): ShuffledAnswersResult {
  const byDataset = Map.groupBy(
    runs.flatMap(({ directions }) => directions ?? []),
    ({ dataset }) => dataset,
  )
  const sets = [...byDataset.values()].map((own) =>
    rightAnswers(own.flatMap(({ splits }) => splits.get(split) ?? [])),
  )
  return testShuffledAnswers({
    sets: sets.map(({ right }) => right),
    answers: sets.reduce((total, { answers }) => total + answers, 0),
  })
}

/** The marks of a row with the columns `trained`, `same`, `same_low`, …; a panel for each way of training. */
export function orderMarks(row: Row, label: string, orders: readonly Order[] = ['same', 'reverse']): Mark[] {
  return orders.map((order) => ({
    label,
    panel: String(row.trained),
    series: order,
    value: numberIn(row, order),
    low: numberIn(row, `${order}_low`),
    high: numberIn(row, `${order}_high`),
  }))
}

function numberIn(row: Row, key: string): number | null {
  const value = row[key]
  return typeof value === 'number' ? value : null
}
