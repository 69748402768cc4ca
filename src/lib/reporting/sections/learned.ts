import type { Direction } from '../../evaluation/directions.ts'
import { DIRECTION_SPLITS } from '../../evaluation/directions.ts'
import type { Learned } from '../../evaluation/learned.ts'
import { judgeLearned } from '../../evaluation/learned.ts'
import { mean } from '../../statistics/samples.ts'
import type { RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import { directionScores, pool } from './pooled.ts'

export const LEARNED = 'learned'
/** Verdict if no conclusion is possible. */
export const NOT_LEARNED = 'not learned'

/** Whether runs of one configuration have learned facts trained in one way; undefined if they were not tested. */
export function judgeGroup(runs: readonly RunEvidence[], direction: Direction): Learned | undefined {
  const { values, clusters } = pool(
    directionScores(runs),
    DIRECTION_SPLITS[direction].same,
    ({ right }) => right,
  )
  if (values.length === 0) return undefined
  return judgeLearned({ same: mean(values), facts: new Set(clusters).size })
}

/** The groups that have not learned descriptions after names, so that nothing follows from their results in reverse. */
export function groupsWithoutNames(runs: readonly RunEvidence[]): Set<string> {
  const evaluated = runs.filter(({ directions }) => directions !== undefined)
  return new Set(
    byGroup(evaluated).flatMap(([group, members]) =>
      judgeGroup(members, 'NameToDescription')?.learned === false ? [group] : [],
    ),
  )
}
