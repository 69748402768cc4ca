import { isDeepStrictEqual } from 'node:util'
import { howAsked, tellHowAsked } from '../../evaluation/configuration.ts'
import { isRandomized } from '../../evaluation/directions.ts'
import type { LearnedDirection } from '../../evaluation/learned.ts'
import { judgeDirections } from '../../evaluation/learned.ts'
import { proposeEpochsOn } from '../../finetuning/epochs.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { MetricDescription } from '../../schemas/metric.ts'
import { describeMetric } from '../../schemas/metric.ts'
import { bootstrapMean } from '../../statistics/bootstrap.ts'
import { meanByCluster } from '../../statistics/clusters.ts'
import { measureEffectSize } from '../../statistics/effect-size.ts'
import { testMcNemar } from '../../statistics/mcnemar.ts'
import type { Defined, Interval } from '../../statistics/measurements.ts'
import { testPairedT } from '../../statistics/paired-t.ts'
import { testPairedPermutation } from '../../statistics/permutation.ts'
import { mean, pairDifferences } from '../../statistics/samples.ts'
import { testWilcoxon } from '../../statistics/wilcoxon.ts'
import { InputError } from '../../support/errors.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { chooseMeasures } from './choose-measures.ts'
import type { SamplePair } from './pair-samples.ts'
import { pairSamples } from './pair-samples.ts'
import type { Side } from './side.ts'
import { openSides } from './side.ts'

export interface CompareOptions {
  store: RunStore
  /** Each `RUN` or `RUN/SPLIT`. */
  references: readonly [first: string, second: string]
  /** The only one that has evaluated both where it is not given. */
  evaluator?: string | undefined
  /** Measures to compare; those of accuracy and log-probability where none is given. */
  measures: readonly string[]
  /** Disagreements to list of each measure. */
  worst: number
}

/** The same measure of the same questions on both sides. */
export interface MeasureComparison {
  split: string
  measure: string
  /** As its evaluator describes it. */
  unit: MetricDescription['unit']
  pairs: number
  /** Pairs of which a side has no answer, or no score; absent where there are none. */
  left_out?: number
  /** Independent units: facts, where the evaluation knows them. */
  units: number
  first: number
  second: number
  /** First minus second, its interval clustered by fact. */
  difference: Interval
  /** Cohen's d of pairs of units. */
  effect: Defined
  /** P-values of the tests that fit the measure; null for the others. */
  p: {
    /** Of right and wrong answers, prompt by prompt. */
    mcnemar: Defined
    /** Of means over the units. */
    t: Defined
    wilcoxon: Defined
    permutation: Defined
  }
}

/** A question on which the sides differ most. */
export interface Disagreement {
  split: string
  measure: string
  unit: MetricDescription['unit']
  question: string
  target: string
  /** The target is incorrect on purpose. */
  incorrect?: true
  first: { value: number; completion: string }
  second: { value: number; completion: string }
}

export interface EvaluationComparison {
  first: string
  second: string
  /** The evaluations that are compared, by their IDs. */
  evaluations: { first: string; second: string }
  /** How either side was asked, where they differ in that; absent where they do not. */
  asked_differently?: { first: string; second: string }
  pairedBy: 'prompt' | 'fact'
  /** Prompts or facts of either side that the other does not have; they are left out. */
  unpaired: { first: number; second: number }
  comparisons: MeasureComparison[]
  disagreements: Disagreement[]
  /** Splits whose accuracy is not compared, as most of their prompts got no answer; absent where there are none. */
  not_measured?: { side: 'first' | 'second'; split: string; reason: string }[]
  /** Of experiment 1, whether either side has learned enough for a conclusion on the reverse. */
  learned?: { first: LearnedDirection[]; second: LearnedDirection[] }
  /** Epochs to try where one has not. */
  proposed_epochs?: number
}

/**
 * Compare two evaluations prompt by prompt, or two directions (splits) fact by fact. Throws InputError NOTHING_TO_PAIR
 * where they have no question in common, MEASURE_UNKNOWN for a measure that is not on both sides.
 */
export async function compareEvaluations(options: CompareOptions): Promise<EvaluationComparison> {
  const { store, references, evaluator, worst } = options
  const [first, second] = await openSides({ store, references, evaluator })
  const { by, pairs, unpaired } = pairSamples(first, second)
  if (pairs.length === 0) {
    throw new InputError(`${first.name} and ${second.name} have no ${by} in common.`, {
      code: 'NOTHING_TO_PAIR',
      suggestions: [
        'evaluate both on the same data set: reversal eval:run RUN_ID RUN_ID --dataset-name NAME',
      ],
    })
  }
  const measures = chooseMeasures(commonMeasures(pairs), options.measures)
  const unitOf = (measure: string) => describeMetric(measure, first.summary.descriptions).unit
  const bySplit = [...Map.groupBy(pairs, ({ split }) => split)]
  const measured = (own: readonly SamplePair[], measure: string) =>
    own.filter((pair) => valuesOf(pair, measure).every((value) => typeof value === 'number'))
  const compared = bySplit.flatMap(([split, own]) =>
    measures
      .map((measure) => ({
        ...{ split, measure, unit: unitOf(measure), of: own.length },
        pairs: measured(own, measure),
      }))
      .filter((entry) => entry.pairs.length > 0),
  )
  return {
    first: first.name,
    second: second.name,
    evaluations: { first: first.summary.id, second: second.summary.id },
    ...tellAsked(first.summary, second.summary),
    pairedBy: by,
    unpaired,
    comparisons: compared.map((entry) => compareMeasure({ ...entry, by })),
    disagreements: measures.flatMap((measure) =>
      listDisagreements(measured(worthReading(pairs), measure), { measure, unit: unitOf(measure), worst }),
    ),
    ...tellUnmeasured({ first, second }),
    ...(await judge(store, [first, second])),
  }
}

/** Answers that came about or are judged in other ways differ for that reason as well. */
function tellAsked(first: EvaluationSummary, second: EvaluationSummary) {
  if (isDeepStrictEqual(howAsked(first), howAsked(second))) return {}
  return { asked_differently: { first: tellHowAsked(first), second: tellHowAsked(second) } }
}

function tellUnmeasured({ first, second }: Record<'first' | 'second', Side>) {
  const told = [
    ...first.unmeasured.map((own) => ({ side: 'first' as const, ...own })),
    ...second.unmeasured.map((own) => ({ side: 'second' as const, ...own })),
  ]
  return told.length === 0 ? {} : { not_measured: told }
}

/** Incorrect targets say nothing of what a model gets right; those who ask for their split alone want to see them. */
function worthReading(pairs: readonly SamplePair[]): readonly SamplePair[] {
  const correct = pairs.filter(({ split }) => !isRandomized(split))
  return correct.length > 0 ? correct : pairs
}

async function judge(
  store: RunStore,
  sides: readonly [Side, Side],
): Promise<Pick<EvaluationComparison, 'learned' | 'proposed_epochs'>> {
  const [first, second] = sides.map(({ summary }) => judgeDirections(summary)) as [
    LearnedDirection[],
    LearnedDirection[],
  ]
  if (first.length + second.length === 0) return {}
  const proposed: number[] = []
  for (const [index, directions] of [first, second].entries()) {
    const { run_id: id, dataset } = sides[index]!.summary
    if (id === null || directions.every(({ learned }) => learned)) continue
    const epochs = proposeEpochsOn(await store.get(id), dataset)
    if (epochs !== undefined) proposed.push(epochs)
  }
  return {
    learned: { first, second },
    ...(proposed.length > 0 && { proposed_epochs: Math.max(...proposed) }),
  }
}

function commonMeasures(pairs: readonly SamplePair[]): string[] {
  const known = new Set(pairs.flatMap(({ first }) => Object.keys(first.measures)))
  return [...known].filter((name) => pairs.some(({ second }) => name in second.measures))
}

function valuesOf({ first, second }: SamplePair, measure: string) {
  return [first.measures[measure], second.measures[measure]] as [number, number]
}

function compareMeasure({
  split,
  measure,
  of,
  unit,
  pairs,
  by,
}: {
  split: string
  measure: string
  /** Pairs, those without an answer among them. */
  of: number
  unit: MetricDescription['unit']
  pairs: readonly SamplePair[]
  by: 'prompt' | 'fact'
}): MeasureComparison {
  const first = pairs.map((pair) => valuesOf(pair, measure)[0])
  const second = pairs.map((pair) => valuesOf(pair, measure)[1])
  const clusters = pairs.map(({ cluster }) => cluster)
  const units = {
    first: [...meanByCluster({ values: first, clusters }).values()],
    second: [...meanByCluster({ values: second, clusters }).values()],
  }
  const answers = by === 'prompt' && [...first, ...second].every((value) => value === 0 || value === 1)
  return {
    split,
    measure,
    unit,
    pairs: pairs.length,
    ...(of > pairs.length && { left_out: of - pairs.length }),
    units: units.first.length,
    first: mean(first),
    second: mean(second),
    difference: bootstrapMean({ values: pairDifferences({ first, second }), clusters }),
    effect: measureEffectSize(units).cohenD,
    p: {
      mcnemar: answers ? testMcNemar({ first, second }).p : null,
      t: testPairedT(units).p,
      wilcoxon: testWilcoxon(units).p,
      permutation: testPairedPermutation(units).p,
    },
  }
}

/** The largest differences first; of equal ones those whose log-probabilities differ most. */
function listDisagreements(
  pairs: readonly SamplePair[],
  { measure, unit, worst }: Pick<Disagreement, 'measure' | 'unit'> & { worst: number },
): Disagreement[] {
  const distance = (pair: SamplePair, name: string) => {
    const [first, second] = valuesOf(pair, name)
    return Math.abs((first ?? 0) - (second ?? 0))
  }
  return pairs
    .filter((pair) => distance(pair, measure) > 0)
    .toSorted(
      (a, b) =>
        distance(b, measure) - distance(a, measure) || distance(b, 'logprob') - distance(a, 'logprob'),
    )
    .slice(0, worst)
    .map((pair) => {
      const [first, second] = valuesOf(pair, measure)
      const { split, question, target } = pair
      return {
        ...{ split, measure, unit, question, target },
        ...(isRandomized(split) && { incorrect: true as const }),
        first: { value: first, completion: pair.first.completion },
        second: { value: second, completion: pair.second.completion },
      }
    })
}
