import type { CrossedValues } from '../../statistics/two-way-difference.ts'
import { InputError } from '../../support/errors.ts'
import { sha256 } from '../../support/files.ts'
import type { ConfiguredSide, EvaluatedRun } from './configured-sides.ts'
import { byQuestion } from './pair-samples.ts'
import type { ComparedSample } from './side.ts'

/** A split of two configurations, crossed by run and fact. */
export interface CrossedSplit {
  paired: { seeds: boolean; facts: boolean }
  valuesOf(measure: string): CrossedMeasure
}

export interface CrossedMeasure {
  first: CrossedValues
  second: CrossedValues
  /** Different prompts with a value of every run that was asked them. */
  prompts: number
  /** Prompts without. */
  leftOut: number
}

/** A run's answers to one split, and which questions those are. */
interface Asked {
  run: EvaluatedRun
  /** The same for two runs that were asked the same, whatever their data sets are called. */
  questions: string
  answers: Map<string, ComparedSample>
}

/**
 * Pair what can be paired: facts where both sides were asked the same questions, and runs where every run has one with its
 * seed and its questions on the other side. Data sets that one side alone was asked are left out, unless the sides have
 * none in common; then nothing is paired, and single prompts in common make the interval too wide rather than too narrow.
 * Throws InputError SEED_TWICE where two runs of a side are one experiment made twice.
 */
export function crossSamples({
  first,
  second,
  split,
}: {
  first: ConfiguredSide
  second: ConfiguredSide
  split: string
}): CrossedSplit {
  const sides = [first, second].map(({ runs }) => askedIn(runs, split)) as [Asked[], Asked[]]
  for (const [index, side] of sides.entries()) requireSeedsOnce(side, [first, second][index]!.name)
  const shared = new Set(
    sides[0].map(({ questions }) => questions).filter((own) => sides[1].some((run) => run.questions === own)),
  )
  const used = sides.map((side) =>
    shared.size === 0 ? side : side.filter(({ questions }) => shared.has(questions)),
  ) as [Asked[], Asked[]]
  const keys = used.map((side) => side.map(pairKey))
  const pairedSeeds =
    keys[0]!.length === keys[1]!.length &&
    keys[0]!.every((key) => key !== undefined && keys[1]!.includes(key))
  return {
    paired: { seeds: pairedSeeds, facts: shared.size > 0 },
    valuesOf: (measure) => measureSides(used, { measure, pairedSeeds }),
  }
}

function askedIn(runs: readonly EvaluatedRun[], split: string): Asked[] {
  return runs.flatMap((run) => {
    const answers = byQuestion(run.samples.filter((sample) => sample.split === split))
    if (answers.size === 0) return []
    return [{ run, answers, questions: sha256([...answers.keys()].toSorted().join('\0')) }]
  })
}

/** What two runs of a pair have in common; undefined where a run has no seed. */
function pairKey({ run, questions }: Asked): string | undefined {
  const { seed } = run.run.hyperparameters
  return seed === undefined ? undefined : `${questions} ${seed}`
}

function requireSeedsOnce(side: readonly Asked[], name: string): void {
  const alike = Map.groupBy(side, pairKey)
  for (const [key, own] of alike) {
    if (key === undefined || own.length < 2) continue
    const [run, again] = own.map(({ run: { run } }) => run.id)
    throw new InputError(
      `${run} and ${again} of ${name} have the same seed and data set: they are the same experiment twice, not two repetitions.`,
      {
        code: 'SEED_TWICE',
        suggestions: [`remove one of them: reversal runs:untag ${again} TAG`],
      },
    )
  }
}

function measureSides(
  sides: readonly [Asked[], Asked[]],
  { measure, pairedSeeds }: { measure: string; pairedSeeds: boolean },
): CrossedMeasure {
  const byQuestions = Map.groupBy(sides.flat(), ({ questions }) => questions)
  const answered = new Map<string, string[]>()
  let asked = 0
  for (const [questions, runs] of byQuestions) {
    const keys = [...runs[0]!.answers.keys()]
    asked += keys.length
    const all = keys.filter((key) =>
      runs.every(({ answers }) => typeof answers.get(key)!.measures[measure] === 'number'),
    )
    answered.set(questions, all)
  }
  const prompts = [...answered.values()].reduce((sum, keys) => sum + keys.length, 0)
  const [first, second] = sides.map((side, index) =>
    crossSide(side, {
      ...{ measure, answered },
      labelOf: (own) => (pairedSeeds ? pairKey(own)! : `${index} ${own.run.run.id}`),
    }),
  ) as [CrossedValues, CrossedValues]
  return { first, second, prompts, leftOut: asked - prompts }
}

/** Every prompt counts alike, however many runs were asked it. */
function crossSide(
  side: readonly Asked[],
  {
    measure,
    answered,
    labelOf,
  }: {
    measure: string
    /** Keys of the prompts to use, by questions. */
    answered: ReadonlyMap<string, readonly string[]>
    labelOf: (own: Asked) => string
  },
): CrossedValues {
  const runsOf = Map.groupBy(side, ({ questions }) => questions)
  const rows = side.flatMap((own) =>
    answered.get(own.questions)!.map((key) => {
      const { fact, measures } = own.answers.get(key)!
      return {
        value: measures[measure] as number,
        run: labelOf(own),
        fact: `${own.questions} ${fact ?? key}`,
        weight: 1 / runsOf.get(own.questions)!.length,
      }
    }),
  )
  return {
    values: rows.map(({ value }) => value),
    runs: rows.map(({ run }) => run),
    facts: rows.map(({ fact }) => fact),
    weights: rows.map(({ weight }) => weight),
  }
}
