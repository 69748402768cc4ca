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

/**
 * Whether runs of one configuration have learned facts trained in one way; undefined if they were not tested. The facts
 * are those that are asked for in reverse as well, which may be fewer, as some may have been told in both orders.
 */
export function judgeGroup(runs: readonly RunEvidence[], direction: Direction): Learned | undefined {
  const of = (split: string) => pool(directionScores(runs), split, ({ right }) => right)
  const { same, reverse } = DIRECTION_SPLITS[direction]
  const { values, clusters } = of(same)
  if (values.length === 0) return undefined
  const facts = new Set(clusters)
  const reversed = new Set(of(reverse).clusters)
  const both = [...facts].filter((fact) => reversed.has(fact)).length
  return judgeLearned({ same: mean(values), facts: both === 0 ? facts.size : both })
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
