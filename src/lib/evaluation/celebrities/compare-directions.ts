import type {
  CelebrityResults,
  FoundPairs,
  Measure,
  TestedPair,
} from '../../datasets/celebrities/celebrity-results.ts'
import type { ParentChildPair, ParentType } from '../../datasets/celebrities/pairs.ts'
import { PARENT_TYPES } from '../../datasets/celebrities/pairs.ts'
import type { FamilyDirection } from '../../datasets/celebrities/prompts.ts'
import { testKolmogorovSmirnov } from '../../statistics/kolmogorov-smirnov.ts'
import { estimateMean } from '../../statistics/mean-interval.ts'
import type { Defined, Interval } from '../../statistics/measurements.ts'
import { testPairedT } from '../../statistics/paired-t.ts'
import { estimateProportion } from '../../statistics/proportion.ts'
import { measureReversalGap } from '../../statistics/reversal-gap.ts'

/** How well a model finds parents and children, each 0 to 1: the bars of the paper's Figure 5. */
export interface DirectionAccuracy {
  pairs: number
  /** Null if it was not measured. */
  parent: Interval | null
  child: Interval | null
  /** Parent minus child. */
  difference: (Interval & { t: Defined; p: Defined }) | null
  /** Mean log-probability in nats, if it was measured; null if a name has probability 0. */
  logprob?: Record<FamilyDirection, number | null>
}

export interface DirectionComparison extends DirectionAccuracy {
  model: string
  /** What the shares count: sampled answers, probability, or pairs found by any of the answers. */
  measure: Measure | 'found'
  /** The interval of the difference when a celebrity's mother and father stay together in the bootstrap. */
  clustered: Interval | null
  kolmogorovSmirnov: { statistic: Defined; p: Defined } | null
  /** The share of pairs for which at least one answer was right; of sampled answers only. */
  anyAnswer: Record<FamilyDirection, Interval> | null
  /** Absent if nothing is missing. */
  missing?: Missing
  byParentType: Record<ParentType, DirectionAccuracy>
}

/** What the numbers exclude: samples without an answer, and unmeasured pairs. */
export interface Missing extends Pick<CelebrityResults, 'noAnswers' | 'unscored' | 'clamped'> {
  /** Pairs left out, as one of their questions was not measured. */
  unmeasured: number
}

/** Enough for two digits of the interval's ends. */
const RESAMPLES = 1999

/**
 * The mean accuracy in both directions. Log-probabilities are converted to probabilities, as in the paper. Means have
 * Student's t intervals, shares of pairs Wilson's; the difference is tested by a paired t test.
 */
export function compareDirections(results: CelebrityResults | FoundPairs): DirectionComparison {
  const { model, measure } = results
  const pairs = results.pairs.filter(isMeasured)
  const accuracies = measure === 'found' ? null : shares(measure, pairs as MeasuredPair[])
  const select = (chosen: (pair: ParentChildPair) => boolean): DirectionAccuracy => {
    if (accuracies === null) return foundAccuracy(pairs.filter(chosen))
    const kept = (values: readonly number[]) => values.filter((_, index) => chosen(pairs[index]!))
    const own = accuracy({ parent: kept(accuracies.parent), child: kept(accuracies.child) })
    if (measure !== 'logprob') return own
    const scored = (pairs as MeasuredPair[]).filter(chosen)
    return { ...own, logprob: { parent: meanScore(scored, 'parent'), child: meanScore(scored, 'child') } }
  }
  const types = PARENT_TYPES.map((type) => [type, select(({ parentType }) => parentType === type)] as const)
  return {
    model,
    measure,
    ...missingOf(results, pairs.length),
    ...select(() => true),
    clustered: accuracies && clusteredDifference(accuracies, pairs),
    kolmogorovSmirnov:
      accuracies && pickTest(testKolmogorovSmirnov({ first: accuracies.parent, second: accuracies.child })),
    anyAnswer: accuracies && measure === 'answers' ? anyAnswer(accuracies) : null,
    byParentType: Object.fromEntries(types) as Record<ParentType, DirectionAccuracy>,
  }
}

/** The accuracy of each pair, 0 to 1. */
type Shares = Record<FamilyDirection, number[]>

type MeasuredPair = TestedPair & { scores: Record<FamilyDirection, number> }

function isMeasured(pair: TestedPair | ParentChildPair): boolean {
  if ('scores' in pair) return pair.scores.parent !== null && pair.scores.child !== null
  return pair.canReverse !== null
}

function missingOf(results: CelebrityResults | FoundPairs, measured: number): { missing?: Missing } {
  const { noAnswers, unscored, clamped } = results as CelebrityResults
  const missing: Missing = {
    unmeasured: results.pairs.length - measured,
    ...(noAnswers && { noAnswers }),
    ...(unscored && { unscored }),
    ...(clamped && { clamped }),
  }
  return missing.unmeasured > 0 || noAnswers || unscored || clamped ? { missing } : {}
}

function shares(measure: Measure, pairs: readonly MeasuredPair[]): Shares {
  const of = (direction: FamilyDirection) =>
    pairs.map(({ scores }) => (measure === 'logprob' ? Math.exp(scores[direction]) : scores[direction]))
  return { parent: of('parent'), child: of('child') }
}

function accuracy({ parent, child }: Shares): DirectionAccuracy {
  const difference = testPairedT({ first: parent, second: child })
  return {
    pairs: parent.length,
    parent: pickInterval(estimateMean({ values: parent })),
    child: pickInterval(estimateMean({ values: child })),
    difference: { ...pickInterval(difference), t: difference.statistic, p: difference.p },
  }
}

function meanScore(pairs: readonly MeasuredPair[], direction: FamilyDirection): number | null {
  const mean = pairs.reduce((sum, { scores }) => sum + scores[direction], 0) / pairs.length
  return Number.isFinite(mean) ? mean : null
}

/** Pairs are found by their parents, so how often a parent is found is not measured. */
function foundAccuracy(pairs: readonly ParentChildPair[]): DirectionAccuracy {
  const child = shareOf(pairs, ({ canReverse }) => canReverse === true)
  return { pairs: pairs.length, parent: null, child, difference: null }
}

function anyAnswer({ parent, child }: Shares): Record<FamilyDirection, Interval> {
  const some = (share: number) => share > 0
  return { parent: shareOf(parent, some), child: shareOf(child, some) }
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): Interval {
  return pickInterval(estimateProportion({ successes: items.filter(holds).length, trials: items.length }))
}

function clusteredDifference({ parent, child }: Shares, pairs: readonly ParentChildPair[]): Interval {
  const facts = pairs.map((pair) => pair.child)
  const same = { values: parent, facts }
  const reverse = { values: child, facts }
  return pickInterval(measureReversalGap({ same, reverse, resamples: RESAMPLES }))
}

function pickInterval({ estimate, low, high, confidence }: Interval): Interval {
  return { estimate, low, high, confidence }
}

function pickTest({ statistic, p }: { statistic: Defined; p: Defined }) {
  return { statistic, p }
}
