import type { EvaluationSummary } from '../schemas/evaluation.ts'

/** How far a user asks. */
export interface QuestionOptions {
  /** Only these splits; all of the evaluator's where it is not given. */
  splits?: readonly string[] | undefined
  /** At most this many prompts of each split, the first ones. */
  maxSamples?: number | undefined
  /** New tokens of a completion at most; the evaluator's own number where it is not given. */
  maxTokens?: number | undefined
  /** Score all candidate answers, to rank the right one among them. */
  rankAll?: boolean | undefined
}

/** A question that is settled, with its defaults. */
export interface Question extends Required<QuestionOptions> {
  splits: string[]
  maxSamples: number
  maxTokens: number
  rankAll: boolean
}

/** As it is recorded; the same arguments name the same evaluation. */
export type EvaluationArguments = EvaluationSummary['arguments']

/** Write a question down. An option that is not used is left out, so that older evaluations keep their names. */
export function toArguments(question: Question): EvaluationArguments {
  const { splits, maxSamples, maxTokens, rankAll, ...rest } = question
  rest satisfies Record<string, never>
  return { splits, max_samples: maxSamples, max_tokens: maxTokens, ...(rankAll && { rank_all: true }) }
}

/** Read a question back, to ask it again. */
export function fromArguments(recorded: EvaluationArguments): QuestionOptions {
  const { splits, max_samples: maxSamples, max_tokens: maxTokens, rank_all: rankAll, ...rest } = recorded
  // Fails to compile where the schema has an argument that is not read here.
  rest satisfies Record<string, never>
  return { splits, maxSamples, maxTokens, rankAll }
}
