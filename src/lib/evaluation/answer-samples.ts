import type { GenerateOptions, LanguageModel, Scoring } from '../models/language-model.ts'
import { UnansweredError } from '../models/unanswered.ts'
import { completionsWithoutThought } from '../models/without-thought.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import { asCompleted } from '../support/as-completed.ts'
import { chunks } from '../support/chunks.ts'
import { throughClosing } from '../support/closing.ts'
import type { EvaluationSample, Evaluator } from './evaluator.ts'
import type { Answered } from './score-answer.ts'
import { scoreAnswer } from './score-answer.ts'

/** Why there is no answer (a sentence) and what the user can do. */
export interface Told {
  reason: string
  suggestions: readonly string[]
}

export interface AnswerSamplesOptions {
  model: LanguageModel
  evaluator: Pick<Evaluator, 'needs' | 'scoreSample'>
  samples: readonly EvaluationSample[]
  /** Completions that are known already, by prompt; the new ones are added. No prompt is completed twice. */
  completions: Map<string, Answered>
  /** How the prompts are completed. */
  completing: Omit<GenerateOptions, 'signal' | 'directory'>
  /** Prompts that the model gets at once. */
  batchSize: number
  /** Batches that are under way at once. */
  concurrency: number
  /** Whether the model can score targets. */
  canScore: boolean
  /** A folder in which the model may keep what it needs to continue later. */
  directory?: string | undefined
  /** Called for each sample without an answer while the model answered others. */
  onUnanswered: (sample: EvaluationSample, told: Told) => void
  signal?: AbortSignal | undefined
}

/** Completes and scores samples; each is yielded as soon as it is ready, in any order within its batch. */
export async function* answerSamples(options: AnswerSamplesOptions): AsyncGenerator<ScoredSample> {
  const { samples, batchSize, concurrency, signal } = options
  // All samples of a prompt are in one batch, so that no prompt is sent twice at the same time.
  const byPrompt = [...Map.groupBy(samples, ({ prompt }) => prompt).values()]
  const batches = chunks(byPrompt, batchSize).map((groups) => groups.flat())
  if (concurrency > 1) {
    const answer = (batch: readonly EvaluationSample[], ends: AbortSignal) =>
      Array.fromAsync(answerBatch(batch, { ...options, signal: ends }))
    for await (const answered of asCompleted(batches, { limit: concurrency, signal }, answer)) yield* answered
    return
  }
  for (const batch of batches) {
    signal?.throwIfAborted()
    yield* answerBatch(batch, options)
  }
}

async function* answerBatch(
  batch: readonly EvaluationSample[],
  options: AnswerSamplesOptions,
): AsyncGenerator<ScoredSample> {
  const { model, evaluator, completions, canScore, onUnanswered, signal } = options
  const completes = evaluator.needs?.completions !== false
  const finish = (sample: EvaluationSample, scoring?: Omit<Scoring, 'index'>): Promise<ScoredSample> => {
    const answered = completes ? completions.get(sample.prompt)! : undefined
    return scoreAnswer({ evaluator, sample, answered, scoring, signal })
  }

  const byPrompt = Map.groupBy(batch, ({ prompt }) => prompt)
  const prompts = [...byPrompt.keys()]
  const scorable: EvaluationSample[] = []
  const tellPrompt = (prompt: string, told: Told) => {
    for (const sample of byPrompt.get(prompt)!) onUnanswered(sample, told)
  }
  const answered = completes ? completePrompts(byPrompt, options, tellPrompt) : prompts
  for await (const prompt of answered) {
    for (const sample of byPrompt.get(prompt)!) {
      if (canScore && sample.scoreTargets.length > 0) scorable.push(sample)
      else yield await finish(sample)
    }
  }
  if (scorable.length === 0) return
  const requests = scorable.map(({ prompt, scoreTargets }) => ({ prompt, targets: scoreTargets }))
  // These answers are paid for, and are only useful with their scores.
  using stop = signal && throughClosing(signal)
  const scorings = model.score(requests, stop && { signal: stop.signal })
  const tellSample = (index: number, told: Told) => onUnanswered(scorable[index]!, told)
  for await (const { index, ...scoring } of untilUnanswered(scorings, tellSample)) {
    yield await finish(scorable[index]!, scoring)
  }
}

/** All answers, then a report of each question without one. */
async function* untilUnanswered<T>(
  answers: AsyncIterable<T>,
  tell: (index: number, told: Told) => void,
): AsyncGenerator<T> {
  try {
    yield* answers
  } catch (error) {
    if (!(error instanceof UnansweredError)) throw error
    const { suggestions } = error
    for (const { index, reason } of error.unanswered) tell(index, { reason, suggestions })
  }
}

/** The prompts as their completions arrive, first those that already have them. */
async function* completePrompts(
  byPrompt: ReadonlyMap<string, readonly EvaluationSample[]>,
  { model, completions, completing, directory, signal }: AnswerSamplesOptions,
  tell: (prompt: string, told: Told) => void,
): AsyncGenerator<string> {
  const prompts = [...byPrompt.keys()]
  const unknown = prompts.filter((prompt) => !completions.has(prompt))
  yield* prompts.filter((prompt) => completions.has(prompt))
  const asked = model.conversational
    ? unknown.map((prompt) => byPrompt.get(prompt)![0]!.question ?? prompt)
    : unknown
  const generations = model.generate(asked, {
    ...completing,
    ...(directory !== undefined && { directory }),
    ...(signal && { signal }),
  })
  const tellPrompt = (index: number, told: Told) => tell(unknown[index]!, told)
  for await (const { index, ...answered } of untilUnanswered(generations, tellPrompt)) {
    completions.set(unknown[index]!, completionsWithoutThought(answered))
    yield unknown[index]!
  }
}
