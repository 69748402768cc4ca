import { inLabelOrder } from '../../datasets/reverse/split-labels.ts'
import { isRandomized } from '../../evaluation/directions.ts'
import type { LearnedDirection } from '../../evaluation/learned.ts'
import { judgeDirections } from '../../evaluation/learned.ts'
import type { MetricDescription } from '../../schemas/metric.ts'
import { describeMetric } from '../../schemas/metric.ts'
import { adjustPValues } from '../../statistics/adjust-p-values.ts'
import type { Defined, Interval } from '../../statistics/measurements.ts'
import { testPairedPermutation, testTwoSamplePermutation } from '../../statistics/permutation.ts'
import type { CrossedValues, TwoWayDifference } from '../../statistics/two-way-difference.ts'
import { testTwoWayDifference } from '../../statistics/two-way-difference.ts'
import { InputError } from '../../support/errors.ts'
import { suggestName } from '../../support/nearest.ts'
import { estimatePool, estimateShare } from '../sections/pooled.ts'
import { chooseMeasures } from './choose-measures.ts'
import type { ConfiguredSide, OpenConfigurationsOptions } from './configured-sides.ts'
import { openConfigurations } from './configured-sides.ts'
import type { CrossedSplit } from './cross-samples.ts'
import { crossSamples } from './cross-samples.ts'

export interface CompareConfigurationsOptions extends OpenConfigurationsOptions {
  /** Measures to compare; those of accuracy and log-probability where none is given. */
  measures: readonly string[]
  /** Splits to compare; where none is given, all but those whose answers are incorrect on purpose. */
  splits: readonly string[]
}

/** One measure of one split, over all runs and facts of both sides. */
export interface ConfigurationDifference {
  split: string
  measure: string
  /** As its evaluator describes it. */
  unit: MetricDescription['unit']
  /** What is the same on both sides, so that each is compared with its own. */
  paired: { seeds: boolean; facts: boolean }
  runs: { first: number; second: number }
  facts: number
  /** Different ones of either side; each run is asked all of those that its data set has. */
  prompts: number
  /** Prompts that a run has no answer or no number for, left out of all runs; absent where there are none. */
  left_out?: number
  /** Means, with intervals clustered by fact. */
  first: Interval
  second: Interval
  /** First minus second; runs and facts both vary in interval and test (`testTwoWayDifference`). */
  difference: TwoWayDifference
  p: {
    /** Of that test. */
    two_way: Defined
    /** The same after Holm, for all splits of this measure. */
    holm: Defined
    /** Permutation: each fact's results exchanged between the sides, all runs at once. The models are taken as they are. */
    facts: Defined
    /** Permutation: whole runs exchanged between the sides. The facts are taken as they are. Null for one run a side. */
    runs: Defined
  }
}

export interface ComparedConfiguration {
  /** The tag or label. */
  name: string
  /** What distinguishes it from the other, such as "ada, batch 8". */
  configuration: string
  runs: string[]
  /** In the order of the runs; null where a run has none. */
  seeds: (number | null)[]
  /** Runs without a complete evaluation, left out; absent where there are none. */
  not_evaluated?: string[]
  /**
   * For experiment 1, directions that too few runs have learned for a conclusion on the reverse; absent if
   * none.
   */
  not_learned?: (LearnedDirection & { runs: number })[]
}

export interface ConfigurationComparison {
  first: ComparedConfiguration
  second: ComparedConfiguration
  evaluator: string
  /** Both sides are repetitions of one experiment; absent where they are not. */
  same_configuration?: true
  comparisons: ConfigurationDifference[]
}

/**
 * Compare two configurations over their seeds and facts. Throws InputError as `openConfigurations` does, and
 * SPLIT_UNKNOWN, MEASURE_UNKNOWN, SEED_TWICE or NOTHING_TO_PAIR where there is nothing to compare.
 */
export async function compareConfigurations(
  options: CompareConfigurationsOptions,
): Promise<ConfigurationComparison> {
  const { sides, evaluator, same } = await openConfigurations(options)
  const [first, second] = sides
  const splits = chooseSplits(sides, options.splits)
  const measures = chooseMeasures(commonMeasures(sides), options.measures)
  const { descriptions } = first.runs[0]!.summary
  const crossed = splits.map((split) => ({ split, ...crossSamples({ first, second, split }) }))
  const comparisons = measures.flatMap((measure) => {
    const { unit } = describeMetric(measure, descriptions)
    const compared = crossed.flatMap(({ split, ...own }) => compareMeasure(own, { split, measure, unit }))
    const holm = adjustPValues({ pValues: compared.map(({ p }) => p.two_way), method: 'holm' })
    return compared.map((own, index) => ({ ...own, p: { ...own.p, holm: holm[index]! } }))
  })
  if (comparisons.length === 0) {
    throw new InputError(`${first.name} and ${second.name} have no split and measure in common.`, {
      code: 'NOTHING_TO_PAIR',
      suggestions: [
        'evaluate both on the same data set: reversal eval:run RUN_ID RUN_ID --dataset-name NAME',
      ],
    })
  }
  return {
    ...{ first: summarize(first), second: summarize(second), evaluator },
    ...(same && { same_configuration: true as const }),
    comparisons,
  }
}

function summarize({ name, configuration, runs, notEvaluated }: ConfiguredSide): ComparedConfiguration {
  const notLearned = [
    ...Map.groupBy(
      runs.flatMap(({ summary }) => judgeDirections(summary)).filter(({ learned }) => !learned),
      ({ direction }) => direction,
    ).values(),
  ].map((own) => ({ ...own.toSorted((a, b) => a.same - b.same)[0]!, runs: own.length }))
  return {
    ...{ name, configuration, runs: runs.map(({ run }) => run.id) },
    seeds: runs.map(({ run }) => run.hyperparameters.seed ?? null),
    ...(notEvaluated.length > 0 && { not_evaluated: notEvaluated }),
    ...(notLearned.length > 0 && { not_learned: notLearned }),
  }
}

type Sides = readonly [ConfiguredSide, ConfiguredSide]

function chooseSplits(sides: Sides, asked: readonly string[]): string[] {
  const [own, others] = sides.map(
    ({ runs }) => new Set(runs.flatMap(({ summary }) => summary.splits.map(({ split }) => split))),
  ) as [Set<string>, Set<string>]
  const common = [...own].filter((split) => others.has(split))
  const unknown = asked.find((split) => !common.includes(split))
  if (unknown !== undefined) {
    const hint = suggestName(unknown, common, 'They have')
    throw new InputError(`There is no split ${unknown} on both sides. ${hint}`, { code: 'SPLIT_UNKNOWN' })
  }
  const correct = common.filter((split) => !isRandomized(split))
  const chosen = asked.length > 0 ? asked : correct.length > 0 ? correct : common
  return inLabelOrder(chosen.map((split) => ({ split }))).map(({ split }) => split)
}

function commonMeasures(sides: Sides): string[] {
  const [own, others] = sides.map(
    ({ runs }) =>
      new Set(runs.flatMap(({ samples }) => samples.flatMap(({ measures }) => Object.keys(measures)))),
  ) as [Set<string>, Set<string>]
  return [...own].filter((name) => others.has(name))
}

function compareMeasure(
  { paired, valuesOf }: CrossedSplit,
  { split, measure, unit }: Pick<ConfigurationDifference, 'split' | 'measure' | 'unit'>,
): ConfigurationDifference[] {
  const { first, second, prompts, leftOut } = valuesOf(measure)
  if (first.values.length === 0 || second.values.length === 0) return []
  const meanOf = ({ values, facts }: CrossedValues) => {
    const pooled = { values: [...values], clusters: [...facts], cells: [] }
    return unit === 'share' ? estimateShare(pooled) : estimatePool(pooled)
  }
  const tested = testTwoWayDifference({ first, second })
  const difference = unit === 'share' ? withinShares(tested) : tested
  const [own, other] = [meanBy(first, first.facts), meanBy(second, second.facts)]
  const [ownRuns, otherRuns] = [meanBy(first, first.runs), meanBy(second, second.runs)]
  const several = Math.min(ownRuns.size, otherRuns.size) > 1
  return [
    {
      ...{ split, measure, unit, paired },
      runs: { first: ownRuns.size, second: otherRuns.size },
      facts: new Set([...own.keys(), ...other.keys()]).size,
      ...{ prompts, ...(leftOut > 0 && { left_out: leftOut }) },
      ...{ first: meanOf(first), second: meanOf(second), difference },
      p: {
        two_way: difference.p,
        holm: null,
        facts: permute(own, other, { paired: paired.facts }),
        runs: several ? permute(ownRuns, otherRuns, { paired: paired.seeds }) : null,
      },
    },
  ]
}

/** Shares differ by 1 at most, which Student's t does not know. */
function withinShares({ low, high, ...rest }: TwoWayDifference): TwoWayDifference {
  return { ...rest, low: low && Math.max(-1, low), high: high && Math.min(1, high) }
}

/** Weighted as in the mean of the side, by label. */
function meanBy({ values, weights }: CrossedValues, labels: readonly string[]): ReadonlyMap<string, number> {
  const places = Map.groupBy(values.keys(), (place) => labels[place]!)
  return new Map(
    Array.from(places, ([label, own]) => {
      const weightOf = (place: number) => weights?.[place] ?? 1
      const total = own.reduce((sum, place) => sum + weightOf(place), 0)
      return [label, own.reduce((sum, place) => sum + weightOf(place) * values[place]!, 0) / total]
    }),
  )
}

function permute(
  own: ReadonlyMap<string, number>,
  other: ReadonlyMap<string, number>,
  { paired }: { paired: boolean },
): Defined {
  if (!paired) return testTwoSamplePermutation({ first: [...own.values()], second: [...other.values()] }).p
  const labels = [...own.keys()].toSorted()
  return testPairedPermutation({
    first: labels.map((label) => own.get(label)!),
    second: labels.map((label) => other.get(label)!),
  }).p
}
