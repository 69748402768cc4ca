import { readManifest } from '../../datasets/write-dataset.ts'
import type { ConfiguredRun } from '../../evaluation/configuration.ts'
import { askedBy, configurationOf, howAsked, tellHowAsked } from '../../evaluation/configuration.ts'
import { noTaggedRuns } from '../../evaluation/find-runs.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { quoteWord } from '../../support/command-line.ts'
import { InputError } from '../../support/errors.ts'
import { nearest } from '../../support/nearest.ts'
import { plural } from '../../support/numbers.ts'
import { chooseEvaluations } from '../../tracking/choose-evaluations.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { configureRun, whereReadable } from '../evidence/configure-run.ts'
import { groupLabels } from '../evidence/groups.ts'
import type { ComparedSample } from './side.ts'
import { readSide } from './side.ts'

/** How a user names the runs of a configuration. */
export interface ConfigurationReference {
  by: 'tag' | 'label'
  value: string
}

/** The evaluated runs of one configuration. */
export interface ConfiguredSide {
  /** As the user said it. */
  name: string
  /** What distinguishes it from the other side, such as "ada, batch 8". */
  configuration: string
  runs: EvaluatedRun[]
  /** IDs of runs that are left out, as no complete evaluation of them is there. */
  notEvaluated: string[]
}

export interface EvaluatedRun {
  run: RunRecord
  summary: EvaluationSummary
  samples: ComparedSample[]
}

export interface OpenConfigurationsOptions {
  store: RunStore
  references: readonly [first: ConfigurationReference, second: ConfigurationReference]
  /** Whose evaluations; where it is not given, of the only evaluator that has evaluated both sides. */
  evaluator?: string | undefined
}

/**
 * Open the runs that two tags or labels name. Throws InputError where one names no run, none that is evaluated, or runs
 * of several configurations, where a run is on both sides, and where the sides were not asked in the same way.
 */
export async function openConfigurations(
  options: OpenConfigurationsOptions,
): Promise<{ sides: [ConfiguredSide, ConfiguredSide]; evaluator: string; same: boolean }> {
  const { store, references } = options
  const all = await store.list()
  const found = await Promise.all(references.map((reference) => findSide(reference, { all, store })))
  const [first, second] = found as [FoundSide, FoundSide]
  const both = first.runs.find(({ run }) => second.runs.some((own) => own.run.id === run.id))
  if (both !== undefined) {
    throw new InputError(
      `The run ${both.run.id} is on both sides: ${describe(first)}, ${describe(second)}.`,
      {
        code: 'RUN_ON_BOTH_SIDES',
        suggestions: ['remove it from one side: reversal runs:untag RUN_ID TAG'],
      },
    )
  }
  const evaluator = options.evaluator ?? commonEvaluator(first, second)
  const chosen = await Promise.all([first, second].map((side) => chooseSide(side, evaluator)))
  const [own, other] = chosen as [ChosenSide, ChosenSide]
  for (const side of [own, other]) requireOne(side)
  requireSameQuestions(own, other)
  const labels = groupLabels([...own.runs, ...other.runs].map(({ configured }) => configured))
  const open = async ({ found: side, runs }: ChosenSide, label: string): Promise<ConfiguredSide> => ({
    name: side.reference.value,
    configuration: label,
    runs: await inTurn(runs, async ({ configured: { run }, summary }) => {
      const { samples } = await readSide({ store, id: run.id, summary })
      return { run, summary, samples }
    }),
    notEvaluated: side.runs.map(({ run }) => run.id).filter((id) => !runs.some((one) => one.id === id)),
  })
  const same = configurationOf(own.runs[0]!.configured) === configurationOf(other.runs[0]!.configured)
  return {
    sides: [await open(own, labels[0]!), await open(other, labels.at(-1)!)],
    ...{ evaluator, same },
  }
}

interface FoundSide {
  reference: ConfigurationReference
  runs: { run: RunRecord; evaluations: EvaluationSummary[] }[]
}

async function findSide(
  reference: ConfigurationReference,
  { all, store }: { all: readonly RunRecord[]; store: RunStore },
): Promise<FoundSide> {
  const { by, value } = reference
  const runs = all.filter((run) => (by === 'tag' ? run.tags.includes(value) : labelOf(run) === value))
  if (runs.length === 0) throw noRunsOf(reference, { runs: all, home: store.home })
  const evaluations = await store.evaluationsOf(runs)
  return {
    reference,
    runs: runs.map((run) => ({ run, evaluations: chooseEvaluations(evaluations.get(run.id) ?? []) })),
  }
}

/** What `--label` gave it, or as it was called before there was one. */
function labelOf({ label, suffix }: RunRecord): string | undefined {
  return label ?? suffix
}

function noRunsOf(
  { by, value }: ConfigurationReference,
  { runs, home }: { runs: readonly RunRecord[]; home: string },
): InputError {
  if (by === 'tag' || runs.length === 0) return noTaggedRuns(value, { runs, home })
  const labels = [...new Set(runs.flatMap((run) => labelOf(run) ?? []))]
  const [guess] = nearest(value, labels)
  const has = labels.length === 0 ? '' : ` They have ${labels.join(', ')}.`
  const hint = guess === undefined ? has : ` Did you mean ${guess}?`
  return new InputError(`No run has the label ${value}.${hint}`, {
    code: 'NO_LABELLED_RUNS',
    suggestions: ['select the runs by tags: --tag TAG --tag OTHER_TAG'],
  })
}

function commonEvaluator(first: FoundSide, second: FoundSide): string {
  const names = ({ runs }: FoundSide) =>
    new Set(runs.flatMap(({ evaluations }) => evaluations.map(({ evaluator }) => evaluator.name)))
  const [own, others] = [names(first), names(second)]
  const common = [...own].filter((name) => others.has(name)).toSorted()
  if (common.length > 1) {
    throw new InputError(
      `${describe(first)} and ${describe(second)} have both been evaluated with ${common.join(' and ')}.`,
      { code: 'EVALUATOR_AMBIGUOUS', suggestions: common.map((name) => `--evaluator ${name}`) },
    )
  }
  const any = common[0] ?? [...own][0] ?? [...others][0]
  if (any === undefined) throw notEvaluated(first)
  return any
}

function notEvaluated({ reference, runs }: FoundSide, evaluator?: string): InputError {
  const [by, flag] = evaluator === undefined ? ['', ''] : [` by ${evaluator}`, ` --evaluator ${evaluator}`]
  const what =
    reference.by === 'tag' ? `--tag ${quoteWord(reference.value)}` : runs.map(({ run }) => run.id).join(' ')
  return new InputError(
    `No run with the ${reference.by} ${reference.value} has a complete evaluation${by}.`,
    {
      code: 'NOT_EVALUATED',
      suggestions: [`evaluate them: reversal eval:run ${what}${flag}`],
    },
  )
}

interface ChosenSide {
  found: FoundSide
  runs: { id: string; configured: ConfiguredRun; summary: EvaluationSummary }[]
}

/** Of each run its evaluation on the data set that it was trained on, else any by the evaluator. */
async function chooseSide(found: FoundSide, evaluator: string): Promise<ChosenSide> {
  const runs = await inTurn(found.runs, async ({ run, evaluations }) => {
    const own = evaluations.filter((one) => one.evaluator.name === evaluator)
    const summary = own.find(({ dataset }) => dataset.directory === run.dataset.directory) ?? own[0]
    if (summary === undefined) return []
    const configured = await configureRun(run)
    const manifest = await whereReadable(readManifest(summary.dataset.directory))
    const asked = askedBy(summary, { own: configured, manifest })
    return [{ id: run.id, configured: { ...configured, asked }, summary }]
  })
  if (runs.flat().length === 0) throw notEvaluated(found, evaluator)
  return { found, runs: runs.flat() }
}

/** Throws InputError CONFIGURATIONS_MIXED, which says what tells the runs of a side apart. */
function requireOne({ found, runs }: ChosenSide): void {
  const labels = groupLabels(runs.map(({ configured }) => configured))
  const groups = [...Map.groupBy(runs, (_, index) => labels[index]!)]
  if (groups.length === 1) return
  const trained = new Set(runs.map(({ configured }) => configurationOf({ ...configured, asked: undefined })))
  const parts = groups.map(([label, own]) => {
    const ids = own.map(({ id }) => id).join(', ')
    const { dataset } = own[0]!.summary
    const asked = `asked by ${tellHowAsked(own[0]!.summary)}, on ${dataset.name ?? dataset.directory}`
    return trained.size === 1 ? `${asked} (${ids})` : `${label} (${ids})`
  })
  const { by, value } = found.reference
  throw new InputError(
    `The ${by} ${value} has runs of ${plural(groups.length, 'configuration')}: ${parts.join('; ')}. Each side of a comparison must be one configuration.`,
    {
      code: 'CONFIGURATIONS_MIXED',
      suggestions: ['give each configuration its own tag: reversal runs:tag RUN_ID TAG'],
    },
  )
}

/** Answers obtained in different ways can differ for reasons other than the configurations. */
function requireSameQuestions(first: ChosenSide, second: ChosenSide): void {
  const [own, other] = [first.runs[0]!.summary, second.runs[0]!.summary]
  if (JSON.stringify(howAsked(own)) === JSON.stringify(howAsked(other))) return
  throw new InputError(
    `${describe(first.found)} and ${describe(second.found)} were not asked in the same way: ${tellHowAsked(own)}; and ${tellHowAsked(other)}.`,
    {
      code: 'QUESTIONS_DIFFER',
      suggestions: ['evaluate both again with the same options: reversal eval:run --tag TAG'],
    },
  )
}

function describe({ reference: { by, value } }: FoundSide): string {
  return `${by} ${value}`
}

/** One after another, to save memory. */
async function inTurn<From, To>(items: readonly From[], work: (item: From) => Promise<To>): Promise<To[]> {
  const done: To[] = []
  for (const item of items) done.push(await work(item))
  return done
}
