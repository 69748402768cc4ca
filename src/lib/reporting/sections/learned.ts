import type { Direction } from '../../evaluation/directions.ts'
import { DIRECTION_SPLITS } from '../../evaluation/directions.ts'
import type { Learned } from '../../evaluation/learned.ts'
import { judgeLearned } from '../../evaluation/learned.ts'
import { mean } from '../../statistics/samples.ts'
import type { RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import { pool, reverseScores } from './pooled.ts'

export const LEARNED = 'learned'
/** Stands for a conclusion where there can be none. */
export const NOT_LEARNED = 'not learned'

/** Whether runs of one configuration have learned facts trained in one way; undefined where they were not asked. */
export function judgeGroup(runs: readonly RunEvidence[], direction: Direction): Learned | undefined {
  const { same, reverse } = DIRECTION_SPLITS[direction]
  const scores = reverseScores(runs)
  const { values, clusters } = pool(scores, same, ({ right }) => right)
  if (values.length === 0) return undefined
  const learned = new Set(clusters)
  const asked = new Set(pool(scores, reverse, ({ right }) => right).clusters)
  // A conclusion is about the facts that are asked for in reverse, as of some that a transform told in both orders.
  const both = [...learned].filter((fact) => asked.has(fact))
  return judgeLearned({ same: mean(values), facts: both.length || learned.size })
}

/** The groups that have not learned descriptions after names, so that nothing follows from what they say in reverse. */
export function groupsWithoutNames(runs: readonly RunEvidence[]): Set<string> {
  const evaluated = runs.filter(({ reverse }) => reverse !== undefined)
  return new Set(
    byGroup(evaluated).flatMap(([group, members]) =>
      judgeGroup(members, 'NameToDescription')?.learned === false ? [group] : [],
    ),
  )
}
