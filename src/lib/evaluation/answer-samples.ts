import type { LanguageModel, TargetScore } from '../models/language-model.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
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
  /** Whether the model can score targets. */
  canScore: boolean
  signal?: AbortSignal | undefined
}

/** Complete and score samples, batch by batch; each comes as soon as it is ready, in any order within its batch. */
export async function* answerSamples(options: AnswerSamplesOptions): AsyncGenerator<ScoredSample> {
  const { model, evaluator, samples, completions, batchSize, canScore, signal } = options

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

  for (let start = 0; start < samples.length; start += batchSize) {
    signal?.throwIfAborted()
    const batch = samples.slice(start, start + batchSize)
    await completePrompts(batch, options)
    const scorable = ({ scoreTargets }: EvaluationSample) => canScore && scoreTargets.length > 0
    for (const sample of batch) if (!scorable(sample)) yield finish(sample, null)
    const scored = batch.filter(scorable)
    const requests = scored.map(({ prompt, scoreTargets }) => ({ prompt, targets: scoreTargets }))
    for await (const { index, scores } of model.score(requests, signal && { signal })) {
      yield finish(scored[index]!, scores)
    }
  }
}

/** Greedy completions of the prompts that have none yet. */
async function completePrompts(
  batch: readonly EvaluationSample[],
  { model, completions, maxTokens, signal }: AnswerSamplesOptions,
): Promise<void> {
  const prompts = [...new Set(batch.map(({ prompt }) => prompt))].filter((prompt) => !completions.has(prompt))
  const generations = model.generate(prompts, { maxTokens, temperature: 0, ...(signal && { signal }) })
  for await (const { index, completions: texts } of generations) completions.set(prompts[index]!, texts)
}
