import type { GenerateOptions, ScoreRequest, TargetScore } from '../schemas/completion.ts'
import { ReversalError } from '../support/errors.ts'
import { formatDecimals, plural } from '../support/numbers.ts'
import type { LanguageModel } from './language-model.ts'
import { withoutThought } from './without-thought.ts'

/** Differences above this, in nats per token, are not rounding. */
export const TOLERANCE = 1e-3
/** Error code for a model that answers differently when it processes one text at a time. */
export const NUMBERS_DIFFER = 'NUMBERS_DIFFER'

export interface CheckAloneOptions {
  model: LanguageModel
  /** Scores of targets, to be computed again. */
  scored: readonly (ScoreRequest & { scores: readonly TargetScore[] })[]
  /** Completions, to be generated again. */
  completed: readonly { prompt: string; completions: readonly string[] }[]
  /** How it was completed. */
  options: Omit<GenerateOptions, 'signal'>
  /** What the user can do about a difference. */
  suggestions: string[]
  signal?: AbortSignal | undefined
  onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
}

/** The result of the repetition. */
export interface AloneCheck {
  completions: number
  scores: number
  /** The largest difference between two scores of one target, in nats per token. */
  largest_difference: number
}

/**
 * Asks a model again for some of its answers, one by one. Throws ReversalError NUMBERS_DIFFER if a completion
 * differs or a score differs by more than rounding. Undefined for a model that cannot be asked this way.
 */
export async function checkAlone(check: CheckAloneOptions): Promise<AloneCheck | undefined> {
  const { model, scored, completed, options, suggestions, signal, onProgress } = check
  if (model.alone === undefined) return undefined
  const ends = signal && { signal }
  const total = completed.length + scored.length
  let done = 0
  let largest = 0
  await onProgress?.({ done, total })

  const prompts = completed.map(({ prompt }) => prompt)
  for await (const { index, completions } of model.alone.generate(prompts, { ...options, ...ends })) {
    const { prompt, completions: before } = completed[index]!
    for (const [sample, written] of completions.entries()) {
      // Journals store completions without reasoning; older journals store all of it.
      const { text } = withoutThought(written)
      if ([written, text].includes(before[sample]!)) continue
      throw numbersDiffer(model, {
        what: `${brief(prompt)} is followed by ${brief(before[sample] ?? '')}`,
        alone: brief(text),
        suggestions,
      })
    }
    await onProgress?.({ done: ++done, total })
  }

  for await (const { index, scores } of model.alone.score(scored, ends)) {
    const { prompt, targets, scores: before } = scored[index]!
    for (const [position, score] of scores.entries()) {
      const difference = differenceOf(score, before[position])
      largest = Math.max(largest, difference)
      // A difference that is not a number fails too.
      if (difference <= TOLERANCE) continue
      throw numbersDiffer(model, {
        what: `after ${brief(prompt)}, ${brief(targets[position]!)} has a log-probability of ${nats(before[position])}`,
        alone: nats(score),
        suggestions,
      })
    }
    await onProgress?.({ done: ++done, total })
  }
  return {
    completions: completed.length,
    scores: scored.reduce((sum, { targets }) => sum + targets.length, 0),
    largest_difference: largest,
  }
}

/** In nats per token. */
function differenceOf(score: TargetScore, before: TargetScore | undefined): number {
  if (before?.tokens !== score.tokens) return Number.POSITIVE_INFINITY
  return Math.abs(score.logprob - before.logprob) / Math.max(1, score.tokens)
}

function numbersDiffer(
  { id }: LanguageModel,
  { what, alone, suggestions }: { what: string; alone: string; suggestions: string[] },
): ReversalError {
  return new ReversalError(`The numbers of ${id} cannot be trusted: ${what}; on its own, ${alone}.`, {
    code: NUMBERS_DIFFER,
    suggestions,
  })
}

function nats(score: TargetScore | undefined): string {
  return score === undefined
    ? 'none'
    : `${formatDecimals(score.logprob, 3)} (${plural(score.tokens, 'token')})`
}

function brief(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
