import { isDeepStrictEqual } from 'node:util'
import { requireDirectory } from '../datasets/find-dataset.ts'
import type { AloneCheck } from '../models/check-alone.ts'
import { NUMBERS_DIFFER } from '../models/check-alone.ts'
import type { Ending, LanguageModel } from '../models/language-model.ts'
import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import { InputError, ReversalError } from '../support/errors.ts'
import type { Registry } from '../support/registry.ts'
import { answerSamples } from './answer-samples.ts'
import { findMixture } from './answered-by.ts'
import { checkAnswers } from './check-answers.ts'
import type { EarlierAnswers } from './earlier-answers.ts'
import type { EvaluationFolder } from './evaluation-folder.ts'
import { inEvaluationFolder } from './evaluation-folder.ts'
import type { EvaluationSample, EvaluatorDescriptor } from './evaluator.ts'
import type { ScoringPlan } from './model-needs.ts'
import { generateOptions, planScoring } from './model-needs.ts'
import { fittingEvaluators } from './open-evaluator.ts'
import type { PoseQuestionOptions, Question } from './question.ts'
import { evaluationId, poseQuestion, questionChanged } from './question.ts'
import { rescore } from './rescore.ts'
import type { Answered } from './score-answer.ts'
import { explainUnscored, sumUp } from './sum-up.ts'
import { keepToldApart } from './told-apart.ts'

export interface RunEvaluationOptions extends PoseQuestionOptions {
  model: LanguageModel
  /** Evaluators to name to a user whose data set is not of this one's kind. */
  alternatives?: Registry<EvaluatorDescriptor> | undefined
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
  /** What the model answered before in the same way, which is not asked again. */
  earlier?: EarlierAnswers | undefined
  /** Forget what was scored before. */
  fresh?: boolean | undefined
  /** The required evaluation; fails if a change has made it another one. */
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
  const { model, evaluator, datasetDirectory, expected, fresh } = options
  if (!(await evaluator.accepts(datasetDirectory))) throw await unsuitable(options)
  const question = await poseQuestion(options)
  const id = evaluationId(question, model.id)
  if (expected !== undefined && expected.id !== id) {
    throw questionChanged(expected, { ...question, model: model.id })
  }
  const samples = await loadSamples(options, question)
  const asked = new Map(samples.map((sample) => [sample.id, sample]))
  if (asked.size < samples.length) {
    const { name } = evaluator
    throw new ReversalError(`The evaluator ${name} of ${options.plugin} gives two samples the same id.`, {
      code: 'SAMPLE_INVALID',
    })
  }
  let rescored = 0
  const revise = (read: ScoredSample) => {
    const question = asked.get(read.id)
    const sample = asAskedNow(read, question)
    if (sample === undefined || (model.hosted && mayBeAnError(sample))) return undefined
    shareTexts(sample, question)
    const revised = rescore(evaluator, sample)
    if (revised !== read) rescored++
    return revised
  }
  const place = { parent: options.directory, id, fresh, revise, signal: options.signal }
  const result = await inEvaluationFolder(place, (folder) =>
    evaluateIn(folder, { ...options, id, question, samples }),
  )
  return { ...result, ...(rescored > 0 && { rescored }) }
}

interface Posed extends RunEvaluationOptions {
  id: string
  question: Question
  samples: readonly EvaluationSample[]
}

/** Score what the folder's journal has no answer to. */
async function evaluateIn(folder: EvaluationFolder, options: Posed): Promise<EvaluationResult> {
  const { model, evaluator, id, question, samples, onProgress, now = () => new Date() } = options
  const { directory, journal, before, signal } = folder
  const ends = { directory, total: samples.length }
  // A sum's last digits depend on its order, and answers come in any.
  const inOrder = () => samples.flatMap(({ id: own }) => journal.samples.get(own) ?? [])
  const bringUpToDate = async (summary: EvaluationSummary) => {
    const { contrasts: _old, ...rest } = summary
    const current = { ...rest, ...sumUp(evaluator, inOrder()) }
    // The process that revised the journal may have been killed before this.
    const said = ({ splits, contrasts }: EvaluationSummary) => [splits, contrasts]
    if (isDeepStrictEqual(said(current), said(summary))) return summary
    await folder.writeSummary(current)
    return current
  }
  for (const sample of options.earlier === undefined ? [] : samples) {
    if (journal.samples.has(sample.id)) continue
    const known = await options.earlier!.find(sample, { evaluator, signal })
    if (known !== undefined && !(model.hosted && mayBeAnError(known))) await journal.add(known)
  }
  const pending = samples.filter((sample) => !journal.samples.has(sample.id)).slice(0, options.limit)
  const trusted = model.alone === undefined || before?.asked_alone !== undefined
  if (pending.length === 0 && before?.status === 'complete' && trusted) {
    return { ...ends, summary: await bringUpToDate(before), scored: 0 }
  }

  const { maxTokens = evaluator.maxTokens } = options
  const completing = generateOptions(model, { needs: evaluator.needs, maxTokens })
  const scoring = await planScoring(model, evaluator, signal)
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
    // The clock may have been set back meanwhile.
    duration_s: (before?.duration_s ?? 0) + Math.max(0, now().getTime() - started.getTime()) / 1000,
    ...unscoredReason(scoring, inOrder()),
    ...mixture(inOrder()),
    tool_version: options.toolVersion,
    ...(checked && { asked_alone: checked }),
    ...(unanswered.length > 0 && { unanswered: unanswered.toSorted(byId) }),
    ...(status === 'running' || failed ? { splits: [] } : sumUp(evaluator, inOrder())),
  })

  await folder.writeSummary(summarize('running'))
  const known = new Map<string, Answered>()
  const prompts = new Set(pending.map(({ prompt }) => prompt))
  for (const { prompt, completions, endings } of journal.samples.values()) {
    if (!prompts.has(prompt)) continue
    known.set(prompt, { completions, ...(endings && { endings: endings as Ending[] }) })
  }
  const answered = answerSamples({
    model,
    evaluator,
    samples: pending,
    completions: known,
    completing,
    ...batching(options),
    canScore: scoring.canScore,
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
      folder.lost.throwIfAborted()
      await journal.add(sample)
      await tell()
    }
    checked = await checkAnswers({
      model,
      answers: inOrder().map(({ scoreTargets: targets = [], ...answer }) => ({ ...answer, targets })),
      options: completing,
      signal,
    })
  } catch (error) {
    // Numbers that differ are no result, also of an evaluation that was complete before.
    failed = error instanceof ReversalError && error.code === NUMBERS_DIFFER
    throw error
  } finally {
    const full = samples.every(({ id: own }) => journal.samples.has(own))
    const done = full && (checked !== undefined || model.alone === undefined)
    summary = summarize(done ? 'complete' : 'interrupted')
    if (!folder.lost.aborted) await folder.writeSummary(summary)
  }
  const scored = journal.samples.size - folder.scoredBefore
  return { ...ends, summary, scored, ...(advice.size > 0 && { advice: [...advice] }) }
}

/**
 * A journaled sample as an answer to what is asked today, with today's split and metadata; undefined where it answers
 * something else. Earlier versions may have counted a question to another split, or scored other targets after it.
 */
function asAskedNow(sample: ScoredSample, asked: EvaluationSample | undefined): ScoredSample | undefined {
  if (asked === undefined) return sample
  const { prompt, target, scoreTargets, scores, split, metadata } = sample
  if (prompt !== asked.prompt || target !== asked.target) return undefined
  if (scores !== null && scoreTargets && !isDeepStrictEqual(scoreTargets, [...asked.scoreTargets]))
    return undefined
  if (split === asked.split && isDeepStrictEqual(metadata, asked.metadata)) return sample
  const { metadata: _, ...rest } = sample
  return { ...rest, split: asked.split, ...(asked.metadata && { metadata: asked.metadata }) }
}

/** Hold each text that was asked and journaled once: of a million prompts that is half of the memory. */
function shareTexts(sample: ScoredSample, asked: EvaluationSample | undefined): void {
  if (asked === undefined) return
  sample.id = asked.id
  if (sample.split === asked.split) sample.split = asked.split
  if (sample.prompt === asked.prompt) sample.prompt = asked.prompt
  if (sample.target === asked.target) sample.target = asked.target
  if (isDeepStrictEqual(sample.scoreTargets, asked.scoreTargets))
    sample.scoreTargets = [...asked.scoreTargets]
  if (asked.metadata && isDeepStrictEqual(sample.metadata, asked.metadata)) sample.metadata = asked.metadata
}

/**
 * Earlier versions counted an error instead of an answer as an empty answer, and did not record how an answer
 * ended.
 */
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

function mixture(samples: readonly ScoredSample[]) {
  const answeredBy = findMixture(samples)
  return answeredBy === undefined ? {} : { answered_by: answeredBy }
}

function unscoredReason(scoring: ScoringPlan, samples: readonly ScoredSample[]) {
  const reason = scoring.canScore ? explainUnscored(samples) : scoring.reason
  return reason === undefined ? {} : { scoring_unavailable: reason }
}

/** What is asked of the model, in the order in which it is asked. */
async function loadSamples(
  { evaluator, datasetDirectory }: RunEvaluationOptions,
  { arguments: asked }: Question,
): Promise<EvaluationSample[]> {
  const { splits, max_samples: maxSamples, rank_all: rankAll } = asked as Required<typeof asked>
  const loaded = await evaluator.loadSamples(datasetDirectory, {
    ...{ splits, maxSamples },
    ...(rankAll && { rankAll }),
  })
  return interleave(await keepToldApart(loaded, datasetDirectory))
}

/** The error for a data set that the evaluator cannot read, with those that can. */
async function unsuitable(options: RunEvaluationOptions): Promise<InputError> {
  const { evaluator, alternatives, datasetDirectory } = options
  await requireDirectory(datasetDirectory)
  const able = alternatives === undefined ? [] : await fittingEvaluators(alternatives, datasetDirectory)
  return new InputError(
    `The evaluator ${evaluator.name} cannot read ${datasetDirectory}: the data set is of another kind.`,
    {
      code: 'DATASET_UNSUITABLE',
      suggestions:
        able.length > 0
          ? able.map(({ evaluator: { name } }) => `--evaluator ${name}`)
          : ['see what each evaluator is for: reversal eval:list'],
    },
  )
}

/** The first sample of each split, then the second of each: an evaluation that is stopped has seen all splits. */
function interleave(samples: readonly EvaluationSample[]): EvaluationSample[] {
  const splits = [...Map.groupBy(samples, ({ split }) => split).values()]
  const longest = Math.max(0, ...splits.map(({ length }) => length))
  return Array.from({ length: longest }, (_, row) =>
    splits.flatMap((split) => split.slice(row, row + 1)),
  ).flat()
}
