import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readCompleteJournal } from '../../evaluation/complete-journal.ts'
import { howAsked } from '../../evaluation/configuration.ts'
import { evaluationFiles } from '../../evaluation/evaluation-folder.ts'
import { findRuns } from '../../evaluation/find-runs.ts'
import type { EvaluationSummary, ScoredSample } from '../../schemas/evaluation.ts'
import { withoutAnswers } from '../../schemas/metric.ts'
import { InputError } from '../../support/errors.ts'
import { suggestName } from '../../support/nearest.ts'
import { chooseEvaluations } from '../../tracking/choose-evaluations.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { labeller } from '../evidence/labeller.ts'

/** One of two things to compare: an evaluation, or one split of it. */
export interface Side {
  /** As the user said it. */
  name: string
  summary: EvaluationSummary
  /** Where it is one split alone. */
  split: string | undefined
  /** Its splits that are not measured, and why. */
  unmeasured: { split: string; reason: string }[]
  samples: ComparedSample[]
}

/** What a comparison takes from a scored sample. */
export interface ComparedSample {
  split: string
  prompt: string
  target: string
  completion: string
  fact: string | undefined
  measures: ScoredSample['measures']
}

export interface OpenSidesOptions {
  store: RunStore
  /** Each `RUN`, or `RUN/SPLIT` for one split of its evaluation. */
  references: readonly [first: string, second: string]
  /** Whose evaluations; where it is not given, of the only evaluator that has evaluated both. */
  evaluator?: string | undefined
}

/**
 * Open what a user names. Throws InputError where a run has no complete evaluation by the evaluator or no such split,
 * EVALUATOR_AMBIGUOUS where several have evaluated both.
 */
export async function openSides({ store, references, evaluator }: OpenSidesOptions): Promise<[Side, Side]> {
  const first = await findSide(store, references[0])
  const second = await findSide(store, references[1])
  const name = evaluator ?? commonEvaluator(first, second)
  const chosen = chooseAlike(candidatesOf(first, name), candidatesOf(second, name))
  return [await openSide(store, first, chosen[0]), await openSide(store, second, chosen[1])]
}

/** An evaluator with other options, or on another data set, asks something else: those that were asked alike, if there are such. */
function chooseAlike(
  first: readonly EvaluationSummary[],
  second: readonly EvaluationSummary[],
): [EvaluationSummary, EvaluationSummary] {
  const pairs = first.flatMap((own) => second.map((other): [typeof own, typeof other] => [own, other]))
  const likeness = ([own, other]: (typeof pairs)[number]) =>
    2 * Number(isDeepStrictEqual(howAsked(own), howAsked(other))) +
    Number(own.dataset.hash === other.dataset.hash)
  return pairs.toSorted((a, b) => likeness(b) - likeness(a))[0]!
}

interface FoundSide {
  reference: string
  id: string
  split: string | undefined
  evaluations: EvaluationSummary[]
}

async function findSide(store: RunStore, reference: string): Promise<FoundSide> {
  const { run: name, split } = parseReference(reference)
  const [run] = await findRuns({ store, references: [name], tag: '' })
  const evaluations = chooseEvaluations(await store.evaluations(run!.id))
  return { reference, id: run!.id, split, evaluations }
}

/** Of sides that no evaluator has evaluated both the one that has evaluated either, for the error that says what is missing. */
function commonEvaluator(first: FoundSide, second: FoundSide): string | undefined {
  const names = ({ evaluations, split }: FoundSide) =>
    new Set(
      evaluations
        .filter(({ splits }) => split === undefined || splits.some((own) => own.split === split))
        .map(({ evaluator }) => evaluator.name),
    )
  const others = names(second)
  const common = [...names(first)].filter((name) => others.has(name)).toSorted()
  if (common.length > 1) {
    throw new InputError(
      `${first.reference} and ${second.reference} have both been evaluated with ${common.join(' and ')}.`,
      { code: 'EVALUATOR_AMBIGUOUS', suggestions: common.map((name) => `--evaluator ${name}`) },
    )
  }
  const any = [...first.evaluations, ...second.evaluations].map(({ evaluator }) => evaluator.name)
  return common[0] ?? any[0]
}

/** Of the evaluator, the newest first, those that have the split where there are some. Throws InputError where there are none. */
function candidatesOf(
  { id, split, evaluations }: FoundSide,
  evaluator: string | undefined,
): EvaluationSummary[] {
  const own = evaluations
    .filter((one) => one.evaluator.name === evaluator)
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
  if (own.length === 0) {
    const [by, flag] = evaluator === undefined ? ['', ''] : [` by ${evaluator}`, ` --evaluator ${evaluator}`]
    throw new InputError(`The run ${id} has no complete evaluation${by}.`, {
      code: 'NOT_EVALUATED',
      suggestions: [`evaluate it: reversal eval:run ${id}${flag}`],
    })
  }
  const having = own.filter(({ splits }) => splits.some((one) => one.split === split))
  return having.length > 0 ? having : own
}

async function openSide(
  store: RunStore,
  { reference, id, split }: FoundSide,
  summary: EvaluationSummary,
): Promise<Side> {
  const known = summary.splits.map((own) => own.split)
  if (split !== undefined && !known.includes(split)) {
    const hint = suggestName(split, known, 'It has')
    throw new InputError(`The evaluation of ${id} has no split ${split}. ${hint}`, { code: 'SPLIT_UNKNOWN' })
  }
  return { name: reference, ...(await readSide({ store, id, summary, split })) }
}

/** What an evaluation of a run says, or one split of it. */
export async function readSide({
  store,
  id,
  summary,
  split,
}: {
  store: RunStore
  /** Of the run. */
  id: string
  summary: EvaluationSummary
  split?: string | undefined
}): Promise<Omit<Side, 'name'>> {
  const { samples: journal } = evaluationFiles(join(store.evaluationsDirectory(id), summary.id))
  const samples = await readSamples(journal, { summary, split })
  const unmeasured = summary.splits.flatMap(({ split: own, not_measured: reason }) =>
    reason === undefined || (split !== undefined && own !== split) ? [] : [{ split: own, reason }],
  )
  return { summary, split, unmeasured, samples: withoutAccuracy(samples, { summary, unmeasured }) }
}

/** In a split that is not measured, the few answers are an arbitrary selection, whatever is measured of them. */
function withoutAccuracy(
  samples: ComparedSample[],
  { summary: { descriptions }, unmeasured }: Pick<Side, 'summary' | 'unmeasured'>,
): ComparedSample[] {
  const splits = new Set(unmeasured.map(({ split }) => split))
  return samples.map((sample) =>
    splits.has(sample.split)
      ? { ...sample, measures: withoutAnswers(sample.measures, descriptions) }
      : sample,
  )
}

/** A split comes after the last slash, as no run has one in its ID; the names of fine-tuned models do (`local/ada:ID`). */
function parseReference(reference: string): { run: string; split?: string } {
  const slash = reference.lastIndexOf('/')
  const split = reference.slice(slash + 1)
  return slash <= 0 || split.includes(':') ? { run: reference } : { run: reference.slice(0, slash), split }
}

async function readSamples(
  journal: string,
  { summary, split }: { summary: EvaluationSummary; split: string | undefined },
): Promise<ComparedSample[]> {
  const samples: ComparedSample[] = []
  const once = labeller((text: string) => text)
  for await (const batch of readCompleteJournal(journal, summary)) {
    for (const { measures, metadata, completions, ...sample } of batch) {
      if (split !== undefined && sample.split !== split) continue
      const { prompt, target } = sample
      const fact = typeof metadata?.fact === 'string' ? metadata.fact : undefined
      samples.push({
        ...{ split: once(sample.split), prompt, target: once(target) },
        ...{ completion: once(completions[0] ?? ''), fact: fact && once(fact), measures },
      })
    }
  }
  return samples
}
