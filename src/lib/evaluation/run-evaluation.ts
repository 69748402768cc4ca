import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { hashDataset } from '../datasets/hash-dataset.ts'
import type { AloneCheck } from '../models/check-alone.ts'
import { NUMBERS_DIFFER } from '../models/check-alone.ts'
import type { Availability, Ending, LanguageModel } from '../models/language-model.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import { evaluationSummarySchema } from '../schemas/evaluation.ts'
import { InputError, ReversalError } from '../support/errors.ts'
import { readTextIfExists, sha256, writeJson } from '../support/files.ts'
import { acquireLock, heldSignal } from '../support/lock.ts'
import { nearest } from '../support/nearest.ts'
import type { Registry } from '../support/registry.ts'
import type { Answered } from './answer-samples.ts'
import { answerSamples } from './answer-samples.ts'
import { checkAnswers } from './check-answers.ts'
import type { EvaluationSample, Evaluator, EvaluatorDescriptor } from './evaluator.ts'
import { SampleJournal } from './journal.ts'
import { fittingEvaluators } from './open-evaluator.ts'
import type { QuestionOptions } from './question.ts'
import { toArguments } from './question.ts'
import { rescore } from './rescore.ts'
import { explainUnscored, sumUp } from './sum-up.ts'

const checkSummary = schemaCheck(evaluationSummarySchema)

/** Prompts of each split, as in the paper. */
export const DEFAULT_MAX_SAMPLES = 1000

export interface RunEvaluationOptions extends QuestionOptions {
  model: LanguageModel
  evaluator: Evaluator
  /** Evaluators to name to a user whose data set is not of this one's kind. */
  alternatives?: Registry<EvaluatorDescriptor> | undefined
  /** The package that the evaluator comes from. */
  plugin: string
  datasetDirectory: string
  /** Where evaluations of this model lie, such as a run's `evaluations/`; each gets a folder named by its id. */
  directory: string
  runId?: string | undefined
  toolVersion: string
  /** Prompts that the model gets at once. */
  batchSize?: number | undefined
  /** Batches that are under way at once; 1 where it is not given. */
  concurrency?: number | undefined
  /** Score at most this many prompts now and leave the rest for the next time. */
  limit?: number | undefined
  /** Forget what was scored before. */
  fresh?: boolean | undefined
  /** The evaluation that this must be; where something that names it has changed since, it would be another. */
  expected?: EvaluationSummary | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: EvaluationProgress) => unknown) | undefined
  now?: (() => Date) | undefined
}

export interface EvaluationProgress {
  /** Prompts in the journal, those of earlier times too. */
  done: number
  total: number
}

export interface EvaluationResult {
  summary: EvaluationSummary
  /** Holds `samples.jsonl` and `summary.json`. */
  directory: string
  /** Prompts that were scored now; 0 where the evaluation was complete before. */
  scored: number
  /** Prompts that an earlier version had scored otherwise; absent where there are none. */
  rescored?: number
  /** Prompts of the whole evaluation. */
  total: number
  /** What a user can do about prompts that got no answer. */
  advice?: string[]
}

/**
 * Evaluate a model. The same question (model, evaluator, data set, arguments) finds its journal again: what
 * is in it is not asked a second time, and a complete evaluation is given back as it stands. However it
 * ends, the journal keeps every prompt that was scored.
 */
export async function runEvaluation(options: RunEvaluationOptions): Promise<EvaluationResult> {
  const { model, evaluator, onProgress, now = () => new Date() } = options
  const { id, samples, question } = await poseQuestion(options)
  const { expected } = options
  if (expected !== undefined && expected.id !== id) throw changed(expected, { ...question, model: model.id })
  const directory = join(options.directory, id)
  await using lock = await acquireLock(join(directory, 'lock'))
  const signal = heldSignal(lock, options.signal)

  const paths = { samples: join(directory, 'samples.jsonl'), summary: join(directory, 'summary.json') }
  if (options.fresh) await Promise.all(Object.values(paths).map((path) => rm(path, { force: true })))
  const before = await readSummary(paths.summary)
  let rescored = 0
  const revise = (sample: ScoredSample) => {
    if (model.hosted && mayBeAnError(sample)) return undefined
    const revised = rescore(evaluator, sample)
    if (revised !== sample) rescored++
    return revised
  }
  await using journal = await SampleJournal.open(paths.samples, { revise })
  const ends = { directory, total: samples.length, ...(rescored > 0 && { rescored }) }
  const scoredBefore = journal.samples.size
  // A sum's last digits depend on its order, and answers come in any.
  const inOrder = () => samples.flatMap(({ id: own }) => journal.samples.get(own) ?? [])
  const bringUpToDate = async ({ contrasts: _contrasts, ...summary }: EvaluationSummary) => {
    const current = { ...summary, ...sumUp(evaluator, inOrder()) }
    // Whoever revised the journal may have been killed before this.
    if (!isDeepStrictEqual(current.splits, summary.splits)) await writeJson(paths.summary, current)
    return current
  }
  const pending = samples.filter((sample) => !journal.samples.has(sample.id)).slice(0, options.limit)
  const trusted = model.alone === undefined || before?.asked_alone !== undefined
  if (pending.length === 0 && before?.status === 'complete' && trusted) {
    return { ...ends, summary: await bringUpToDate(before), scored: 0 }
  }

  const { maxTokens = evaluator.maxTokens } = options
  const scoring = await model.scoring({ signal })
  const started = now()
  const unanswered: NonNullable<EvaluationSummary['unanswered']> = []
  const advice = new Set<string>()
  let checked: AloneCheck | undefined
  let failed = false
  const summarize = (status: EvaluationSummary['status']): EvaluationSummary => ({
    id,
    run_id: options.runId ?? null,
    model: model.id,
    ...question,
    ...(model.address && { address: model.address }),
    status,
    created_at: before?.created_at ?? started.toISOString(),
    ...(status === 'complete' && { finished_at: now().toISOString() }),
    duration_s: (before?.duration_s ?? 0) + (now().getTime() - started.getTime()) / 1000,
    ...unscoredReason(scoring, inOrder()),
    tool_version: options.toolVersion,
    ...(checked && { asked_alone: checked }),
    ...(unanswered.length > 0 && { unanswered: unanswered.toSorted(byId) }),
    ...(status === 'running' || failed ? { splits: [] } : sumUp(evaluator, inOrder())),
  })

  await writeJson(paths.summary, summarize('running'))
  const known = [...journal.samples.values()].map(
    ({ prompt, completions, endings }) =>
      [prompt, { completions, ...(endings && { endings: endings as Ending[] }) } satisfies Answered] as const,
  )
  const answered = answerSamples({
    model,
    evaluator,
    samples: pending,
    completions: new Map(known),
    maxTokens,
    ...batching(options),
    canScore: scoring.available,
    directory,
    onUnanswered: ({ id: own }, { reason, suggestions }) => {
      unanswered.push({ id: own, reason })
      for (const suggestion of suggestions) advice.add(suggestion)
    },
    signal,
  })
  let summary: EvaluationSummary
  const tell = () => onProgress?.({ done: journal.samples.size, total: samples.length })
  try {
    await tell()
    for await (const sample of answered) {
      lock.lost.throwIfAborted()
      await journal.add(sample)
      await tell()
    }
    checked = await checkAnswers({
      model,
      answers: inOrder().map(({ scoreTargets: targets = [], ...answer }) => ({ ...answer, targets })),
      options: { maxTokens, temperature: 0 },
      signal,
    })
  } catch (error) {
    // Numbers that differ are no result, also of an evaluation that was complete before.
    failed = error instanceof ReversalError && error.code === NUMBERS_DIFFER
    throw error
  } finally {
    const full = journal.samples.size === samples.length
    const done = full && (checked !== undefined || model.alone === undefined)
    summary = summarize(done ? 'complete' : 'interrupted')
    if (!lock.lost.aborted) await writeJson(paths.summary, summary)
  }
  const scored = journal.samples.size - scoredBefore
  return { ...ends, summary, scored, ...(advice.size > 0 && { advice: [...advice] }) }
}

/** Earlier versions took an error in the place of an answer for an empty answer, and did not write down how one ended. */
function mayBeAnError({ completions, endings }: ScoredSample): boolean {
  return endings === undefined && completions.length > 0 && completions.every((text) => text.trim() === '')
}

/** A model that works on each prompt for itself gets single ones, so that each answer is journaled when it is there. */
function batching({ model: { atOnce }, batchSize = 512, concurrency = 1 }: RunEvaluationOptions) {
  return atOnce === undefined
    ? { batchSize, concurrency }
    : { batchSize: 1, concurrency: Math.min(batchSize, atOnce) }
}

function byId({ id: a }: { id: string }, { id: b }: { id: string }): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function unscoredReason(scoring: Availability, samples: readonly ScoredSample[]) {
  const reason = scoring.available ? explainUnscored(samples) : scoring.reason
  return reason === undefined ? {} : { scoring_unavailable: reason }
}

/** The summary of an earlier time; none where there is none or it cannot be read, as the journal is what counts. */
async function readSummary(path: string): Promise<EvaluationSummary | undefined> {
  const text = await readTextIfExists(path)
  try {
    const summary: unknown = JSON.parse(text ?? '')
    return checkSummary(summary) === undefined ? (summary as EvaluationSummary) : undefined
  } catch {
    return undefined
  }
}

/** Throws InputError RANKING_UNSUPPORTED where an evaluator cannot rank all candidates. */
export function requireRanking({ name, canRankAll }: Evaluator): void {
  if (canRankAll) return
  throw new InputError(`The evaluator ${name} has no candidates to rank.`, { code: 'RANKING_UNSUPPORTED' })
}

/** What is asked of the model: the samples, and what their evaluation is known by. */
async function poseQuestion(options: RunEvaluationOptions) {
  const {
    model,
    evaluator,
    plugin,
    datasetDirectory,
    maxSamples = DEFAULT_MAX_SAMPLES,
    rankAll = false,
  } = options
  const { name, version } = evaluator
  const splits = chooseSplits(evaluator, options.splits)
  if (!(await evaluator.accepts(datasetDirectory))) throw await unsuitable(options)
  if (rankAll) requireRanking(evaluator)
  const samples = interleave(
    await evaluator.loadSamples(datasetDirectory, { splits, maxSamples, ...(rankAll && { rankAll }) }),
  )
  if (new Set(samples.map(({ id }) => id)).size < samples.length) {
    throw new ReversalError(`The evaluator ${name} of ${plugin} gives two samples one id.`, {
      code: 'SAMPLE_INVALID',
    })
  }
  const question = {
    evaluator: { name, version, plugin },
    dataset: {
      directory: datasetDirectory,
      name: basename(datasetDirectory),
      hash: await hashDataset(datasetDirectory),
    },
    arguments: toArguments({
      splits,
      maxSamples,
      maxTokens: options.maxTokens ?? evaluator.maxTokens,
      rankAll,
    }),
  }
  const identity = [model.id, question.evaluator, question.dataset.hash, question.arguments]
  return { id: `${name}-${sha256(JSON.stringify(identity)).slice(0, 12)}`, samples, question }
}

/** The error for an evaluation that is no longer the one that was expected, with what has changed. */
function changed(
  { id, ...expected }: EvaluationSummary,
  now: Pick<EvaluationSummary, 'model' | 'evaluator' | 'dataset' | 'arguments'>,
): InputError {
  const { directory, hash } = now.dataset
  const { name, version } = now.evaluator
  const what =
    hash !== expected.dataset.hash
      ? `The data set ${directory} is no longer what ${id} evaluates.`
      : version !== expected.evaluator.version
        ? `The evaluator ${name} is now version ${version}, and ${id} was begun with version ${expected.evaluator.version}.`
        : now.model !== expected.model
          ? `The model ${now.model} is not ${expected.model}, which ${id} evaluates.`
          : `The evaluator ${name} no longer asks what ${id} asks.`
  return new InputError(what, {
    code: 'EVALUATION_CHANGED',
    suggestions: ['evaluate what it is now: reversal eval:run'],
  })
}

/** The error for a data set that the evaluator cannot read, with those that can. */
async function unsuitable(options: RunEvaluationOptions): Promise<InputError> {
  const { evaluator, alternatives, datasetDirectory } = options
  const able = alternatives === undefined ? [] : await fittingEvaluators(alternatives, datasetDirectory)
  return new InputError(
    `The evaluator ${evaluator.name} cannot read ${datasetDirectory}: it is not its kind of data set.`,
    {
      code: 'DATASET_UNSUITABLE',
      suggestions:
        able.length > 0
          ? able.map(({ evaluator: { name } }) => `--evaluator ${name}`)
          : ['see what each evaluator is for: reversal eval:list'],
    },
  )
}

function chooseSplits({ name, splits }: Evaluator, chosen: readonly string[] = []): string[] {
  for (const split of chosen) {
    if (splits.includes(split)) continue
    const [guess] = nearest(split, splits)
    const hint = guess === undefined ? `It has ${splits.join(', ')}.` : `Did you mean ${guess}?`
    throw new InputError(`The evaluator ${name} has no split ${split}. ${hint}`, { code: 'SPLIT_UNKNOWN' })
  }
  return chosen.length === 0 ? [...splits] : splits.filter((split) => chosen.includes(split))
}

/** The first sample of each split, then the second of each: an evaluation that is stopped has seen all splits. */
function interleave(samples: readonly EvaluationSample[]): EvaluationSample[] {
  const splits = [...Map.groupBy(samples, ({ split }) => split).values()]
  const longest = Math.max(0, ...splits.map(({ length }) => length))
  return Array.from({ length: longest }, (_, row) =>
    splits.flatMap((split) => split.slice(row, row + 1)),
  ).flat()
}
