import type { LanguageModel, TargetScore } from '../models/language-model.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import { asCompleted } from '../support/as-completed.ts'
import { chunks } from '../support/chunks.ts'
import { throughClosing } from '../support/closing.ts'
import type { EvaluationSample, Evaluator } from './evaluator.ts'

export interface AnswerSamplesOptions {
  model: LanguageModel
  evaluator: Evaluator
  samples: readonly EvaluationSample[]
  /** Completions that are known already, by prompt; the new ones are added. No prompt is completed twice. */
  completions: Map<string, readonly string[]>
  maxTokens: number
  /** Prompts that the model gets at once. */
  batchSize: number
  /** Batches that are under way at once. */
  concurrency: number
  /** Whether the model can score targets. */
  canScore: boolean
  /** A folder in which the model may write down what it needs to go on another time. */
  directory: string
  signal?: AbortSignal | undefined
}

/** Complete and score samples; each comes as soon as it is ready, in any order within its batch. */
export async function* answerSamples(options: AnswerSamplesOptions): AsyncGenerator<ScoredSample> {
  const { samples, batchSize, concurrency, signal } = options
  // All samples of a prompt are in one batch, so that no prompt is asked twice at the same time.
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
  const { model, evaluator, completions, canScore, signal } = options
  const finish = (sample: EvaluationSample, scores: TargetScore[] | null): ScoredSample => {
    const { id, split, prompt, target, scoreTargets, metadata } = sample
    const answer = { completions: [...completions.get(prompt)!], scores }
    return {
      id,
      split,
      prompt,
      target,
      scoreTargets: [...scoreTargets],
      ...answer,
      measures: evaluator.scoreSample(sample, answer),
      ...(metadata && { metadata }),
    }
  }

  const byPrompt = Map.groupBy(batch, ({ prompt }) => prompt)
  const scorable: EvaluationSample[] = []
  for await (const prompt of completePrompts([...byPrompt.keys()], options)) {
    for (const sample of byPrompt.get(prompt)!) {
      if (canScore && sample.scoreTargets.length > 0) scorable.push(sample)
      else yield finish(sample, null)
    }
  }
  const requests = scorable.map(({ prompt, scoreTargets }) => ({ prompt, targets: scoreTargets }))
  // What was answered is paid for, and is of use with its scores alone.
  using stop = signal && throughClosing(signal)
  for await (const { index, scores } of model.score(requests, stop && { signal: stop.signal })) {
    yield finish(scorable[index]!, scores)
  }
}

/** The prompts as their greedy completions are there; first those that have one already. */
async function* completePrompts(
  prompts: readonly string[],
  { model, completions, maxTokens, directory, signal }: AnswerSamplesOptions,
): AsyncGenerator<string> {
  const unknown = prompts.filter((prompt) => !completions.has(prompt))
  yield* prompts.filter((prompt) => completions.has(prompt))
  const generations = model.generate(unknown, {
    maxTokens,
    temperature: 0,
    directory,
    ...(signal && { signal }),
  })
  for await (const { index, completions: texts } of generations) {
    completions.set(unknown[index]!, texts)
    yield unknown[index]!
  }
}
