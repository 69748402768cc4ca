import { join } from 'node:path'
import { TRAINING_FILE } from '../../datasets/find-dataset.ts'
import { checkHeldOut } from '../../datasets/held-out.ts'
import { readOrder } from '../../datasets/instructions/order.ts'
import { readManifest } from '../../datasets/write-dataset.ts'
import { describeMixture } from '../../evaluation/answered-by.ts'
import type { ConfiguredRun } from '../../evaluation/configuration.ts'
import { askedBy, configurationOf, fileOfRecipe } from '../../evaluation/configuration.ts'
import { evaluationFiles } from '../../evaluation/evaluation-folder.ts'
import type { Evaluator, EvaluatorDescriptor, ReportedDesign } from '../../evaluation/evaluator.ts'
import { openEvaluator } from '../../evaluation/open-evaluator.ts'
import { evaluatorReference } from '../../evaluation/question.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { sha256File } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'
import type { Registry } from '../../support/registry.ts'
import { chooseEvaluations, supersededEvaluations } from '../../tracking/choose-evaluations.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { readBeforeTraining } from './before-training.ts'
import { configureRun, whereReadable } from './configure-run.ts'
import type { Evidence, OtherEvaluation, RunEvidence } from './evidence.ts'
import { groupLabels } from './groups.ts'
import { lossCurve } from './loss-curve.ts'
import { readMeasures } from './measured.ts'
import type { PromptScores } from './prompt-scores.ts'
import { readPromptScores } from './prompt-scores.ts'
import { secondsTrained } from './training-time.ts'

export interface CollectEvidenceOptions {
  store: RunStore
  /** Their descriptors say which sections of the report their evaluations fill. */
  evaluators: Registry<EvaluatorDescriptor>
  runs: readonly RunRecord[]
  onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
  signal?: AbortSignal | undefined
}

/** Reads the runs' data, one run after another, so that memory holds one batch of a journal at a time. */
export async function collectEvidence(options: CollectEvidenceOptions): Promise<Evidence> {
  const { store, evaluators, runs, onProgress, signal } = options
  const reading: Reading = { store, registry: evaluators, readBefore: beforeReader(store), warnings: [] }
  const found: UngroupedRun[] = []
  for (const run of runs) {
    signal?.throwIfAborted()
    found.push(await readRun(run, reading))
    await onProgress?.({ done: found.length, total: runs.length })
  }
  const grouped = withGroups(found)
  return { runs: grouped, warnings: [...reading.warnings, ...warnOfRepetitions(grouped)] }
}

type UngroupedRun = Omit<RunEvidence, 'group'>

/** What reading each run needs. */
interface Reading {
  store: RunStore
  registry: Registry<EvaluatorDescriptor>
  readBefore: ReturnType<typeof beforeReader>
  /** Data that cannot be used is reported here. */
  warnings: string[]
}

async function readRun(run: RunRecord, reading: Reading): Promise<UngroupedRun> {
  const { store, registry, readBefore, warnings } = reading
  const evaluations = await readEvaluations(run, reading)
  const evaluators = await openEvaluators(evaluations, registry)
  const configured = await configureRun(run)
  const ofDesign = (design: ReportedDesign | undefined) =>
    evaluations.filter((one) => registry.find(evaluatorReference(one))?.entry.report === design)
  const orders = await readDesign(ofDesign('orders'), { ...reading, configured, evaluators })
  const directions = await readDesign(ofDesign('directions'), { ...reading, configured, evaluators })
  const asked = [orders, directions].flatMap((one) => one?.asked ?? [])
  const { directory } = run.dataset
  const events = (await whereReadable(store.events(run.id), warnings)) ?? []
  const tested = (directions ?? orders)?.summary.dataset.directory ?? directory
  return {
    ...configured,
    asked: asked.length === 0 ? undefined : asked.join(' '),
    heldOut: await heldOutOf(configured, tested),
    losses: lossCurve(events),
    seconds: secondsTrained(run, events),
    evaluations,
    evaluators,
    others: await readOthers(ofDesign(undefined), { ...reading, configured }),
    directions: directions?.scores,
    before: directions?.scores && (await whereReadable(readBefore(run, directions), warnings)),
    orders: orders?.scores,
    order: orders?.scores && directory !== undefined ? await whereReadable(readOrder(directory)) : undefined,
  }
}

/** The evaluations that a report uses of all that the run has. */
async function readEvaluations(
  run: RunRecord,
  { store, warnings }: Pick<Reading, 'store' | 'warnings'>,
): Promise<EvaluationSummary[]> {
  const damaged: string[] = []
  const all = await store.evaluations(run.id, { onDamaged: ({ message }) => damaged.push(message) })
  const evaluations = chooseEvaluations(all)
  warnings.push(...damaged, ...(damaged.length === 0 ? warnOfMissing(run, all) : []))
  warnings.push(...warnOfMixtures(run, evaluations), ...warnOfSuperseded(run, all))
  return evaluations
}

interface DesignEvidence {
  summary: EvaluationSummary
  evaluator: Evaluator
  asked: string
  /** Undefined if the journal cannot be read. */
  scores: PromptScores | undefined
}

/** One of the evaluations of a design: that on the run's own data set, if there is one. */
async function readDesign(
  evaluations: readonly EvaluationSummary[],
  {
    configured,
    evaluators,
    store,
    warnings,
  }: Pick<Reading, 'store' | 'warnings'> & {
    configured: ConfiguredRun
    evaluators: ReadonlyMap<string, Evaluator>
  },
): Promise<DesignEvidence | undefined> {
  const { run } = configured
  const summary =
    evaluations.find(({ dataset }) => dataset.directory === run.dataset.directory) ?? evaluations[0]
  const evaluator = summary && evaluators.get(summary.id)
  if (summary === undefined || evaluator === undefined) return undefined
  const manifest = await whereReadable(readManifest(summary.dataset.directory))
  const { samples: journal } = evaluationFiles(join(store.evaluationsDirectory(run.id), summary.id))
  const scores = await whereReadable(readPromptScores({ journal, summary, evaluator }), warnings)
  if (scores !== undefined && scores.outdated > 0) warnings.push(tellOutdated(run, scores.outdated))
  return { summary, evaluator, asked: askedBy(summary, { own: configured, manifest }), scores }
}

async function readOthers(
  evaluations: readonly EvaluationSummary[],
  { configured, store, warnings }: Pick<Reading, 'store' | 'warnings'> & { configured: ConfiguredRun },
): Promise<OtherEvaluation[]> {
  const others: OtherEvaluation[] = []
  for (const summary of evaluations) {
    const { samples } = evaluationFiles(join(store.evaluationsDirectory(configured.run.id), summary.id))
    const manifest = await whereReadable(readManifest(summary.dataset.directory))
    others.push({
      summary,
      measured: await whereReadable(readMeasures(samples, summary), warnings),
      asked: askedBy(summary, { own: configured, manifest }),
    })
  }
  return others
}

/** Reads how models answered before they were fine-tuned. Their evaluations are listed once, when a run first needs them. */
function beforeReader(store: RunStore) {
  let listing: Promise<EvaluationSummary[]> | undefined
  return async (run: RunRecord, after: { summary: EvaluationSummary; evaluator: Evaluator }) => {
    if (run.hyperparameters.method === undefined) return undefined
    listing ??= store.modelEvaluations({ onDamaged: () => {} })
    return readBeforeTraining(run, { ...after, store, evaluations: await listing })
  }
}

/** The evaluators of the evaluations, by their IDs. One that cannot be opened is left out, with all it would show. */
async function openEvaluators(
  evaluations: readonly EvaluationSummary[],
  registry: Registry<EvaluatorDescriptor>,
): Promise<Map<string, Evaluator>> {
  const opened = new Map<string, Evaluator>()
  for (const summary of evaluations) {
    const { evaluator_options: options = {} } = summary.arguments
    const one = await openEvaluator(registry, evaluatorReference(summary), options).catch(() => undefined)
    if (one !== undefined) opened.set(summary.id, one.evaluator)
  }
  return opened
}

function withGroups(found: readonly UngroupedRun[]): RunEvidence[] {
  const labels = groupLabels(inheritQuestions(found))
  return found.map((own, index) => ({ ...own, group: labels[index]! }))
}

/** A run without evaluations belongs to the evaluated runs that are configured in the same way. */
function inheritQuestions<T extends ConfiguredRun>(found: readonly T[]): T[] {
  const alike = Map.groupBy(found, (own) => configurationOf({ ...own, asked: undefined }))
  const first = (own: T) =>
    alike.get(configurationOf({ ...own, asked: undefined }))!.find(({ asked }) => asked !== undefined)?.asked
  return found.map((own) => ({ ...own, asked: own.asked ?? first(own) }))
}

/**
 * The tests of a data set that a run was trained on: as recorded, or by checking its training file if that is
 * unchanged. A data set's own file is not checked.
 */
async function heldOutOf(
  { run, trainingSha256, ...rest }: ConfiguredRun,
  directory: string | undefined,
): Promise<RunEvidence['heldOut']> {
  const { held_out: recorded, training_file: file } = run.dataset
  if (directory === undefined) return recorded
  if (recorded?.against === directory) return recorded
  const own = directory === run.dataset.directory
  if (own && fileOfRecipe({ run, trainingSha256, ...rest }) === TRAINING_FILE) return undefined
  if (own && file === join(directory, TRAINING_FILE)) return undefined
  if ((await whereReadable(sha256File(file))) !== trainingSha256) return recorded
  return whereReadable(checkHeldOut({ file, directory }))
}

function tellOutdated({ id }: RunRecord, answers: number): string {
  return `An earlier version scored ${plural(answers, 'answer')} of ${id} by older rules: reversal eval:run ${id} scores them again without asking the model.`
}

/** One experiment made twice is no second seed: its answers are mostly the same, and count twice. */
function warnOfRepetitions(runs: readonly RunEvidence[]): string[] {
  const seeded = runs.filter(({ run, directions, orders }) => {
    return run.hyperparameters.seed !== undefined && (directions !== undefined || orders !== undefined)
  })
  const alike = Map.groupBy(seeded, ({ run, group, manifest, trainingSha256 }) =>
    JSON.stringify([group, run.hyperparameters.seed, trainingSha256 ?? manifest?.seed]),
  )
  return [...alike.values()]
    .filter(({ length }) => length > 1)
    .map((own) => {
      const ids = own.map(({ run }) => run.id)
      return `${ids.join(' and ')} have the same configuration, seed and training file: they are one experiment made again, not another repetition, and count as ${plural(own.length, 'run')}.`
    })
}

/** Warns of what a report leaves out: incomplete evaluations without a complete one of the same kind. */
function warnOfMissing(run: RunRecord, evaluations: readonly EvaluationSummary[]): string[] {
  if (evaluations.length === 0) return [`${run.id} is not evaluated: run reversal eval:run ${run.id}.`]
  const alike = Map.groupBy(evaluations, ({ evaluator, dataset }) => `${evaluator.name} ${dataset.hash}`)
  return [...alike.values()].flatMap((own) => {
    if (own.some(({ status }) => status === 'complete')) return []
    const { evaluator, dataset, unanswered = [] } = own[0]!
    const reason = unanswered[0] === undefined ? '' : ` (${unanswered[0].reason.replace(/\.$/, '')})`
    const why =
      unanswered.length === 0 ? '' : `: ${plural(unanswered.length, 'prompt')} got no answer${reason}`
    return [
      `The evaluation of ${run.id} by ${evaluator.name} on ${dataset.name ?? dataset.directory} is not complete and left out${why}. reversal eval:run ${run.id} continues it.`,
    ]
  })
}

/** Evaluations of a data set as it was before its files changed. */
function warnOfSuperseded(run: RunRecord, evaluations: readonly EvaluationSummary[]): string[] {
  return supersededEvaluations(evaluations).map(
    ({ summary: { id, evaluator, dataset }, by }) =>
      `The files of ${dataset.name ?? dataset.directory} have changed between two evaluations of ${run.id} by ${evaluator.name}: the newer one, ${by.id}, counts, and ${id} is left out.`,
  )
}

/** Warns of evaluations that more than one model answered. */
function warnOfMixtures(run: RunRecord, evaluations: readonly EvaluationSummary[]): string[] {
  return evaluations.flatMap(({ evaluator, dataset, answered_by }) => {
    const mixture = describeMixture(answered_by)
    return mixture === undefined
      ? []
      : [`${run.id}, ${evaluator.name} on ${dataset.name ?? dataset.directory}: ${mixture}`]
  })
}
