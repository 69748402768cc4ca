import { basename } from 'node:path'
import { hashDataset } from '../datasets/hash-dataset.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { OptionValues } from '../schemas/option-values.ts'
import { InputError } from '../support/errors.ts'
import { sha256 } from '../support/files.ts'
import { suggestName } from '../support/nearest.ts'
import type { Evaluator } from './evaluator.ts'

/** Prompts of each split, as in the paper. */
export const DEFAULT_MAX_SAMPLES = 1000

/** The user's limits on an evaluation. */
export interface QuestionOptions {
  /** Only these splits; all of the evaluator's by default. */
  splits?: readonly string[] | undefined
  /** At most this many prompts of each split, the first ones. */
  maxSamples?: number | undefined
  /** Maximum number of new tokens in a completion; the evaluator's own by default. */
  maxTokens?: number | undefined
  /** Score all candidate answers, to rank the right one among them. */
  rankAll?: boolean | undefined
  /** The evaluator's options, without defaults. */
  evaluatorOptions?: OptionValues | undefined
}

/**
 * Everything a model is asked, as recorded: which evaluator, which data set, which limits. Identity, summary,
 * the collection of batches and the command to repeat it follow from this.
 */
export type Question = Pick<EvaluationSummary, 'evaluator' | 'dataset' | 'arguments'>

/** As it is recorded; the same arguments name the same evaluation. */
export type EvaluationArguments = Question['arguments']

export interface PoseQuestionOptions extends QuestionOptions {
  evaluator: Evaluator
  /** The package that the evaluator comes from. */
  plugin: string
  datasetDirectory: string
}

/** Settle a question, with its defaults. Throws InputError SPLIT_UNKNOWN, RANKING_UNSUPPORTED. */
export async function poseQuestion(options: PoseQuestionOptions): Promise<Question> {
  const { evaluator, plugin, datasetDirectory: directory, rankAll = false } = options
  const { name, version } = evaluator
  const splits = chooseSplits(evaluator, options.splits)
  if (rankAll) requireRanking(evaluator)
  return {
    evaluator: { name, version, plugin },
    dataset: {
      directory,
      name: basename(directory),
      hash: await hashDataset(directory, evaluator.datasetFiles),
    },
    arguments: toArguments({
      splits,
      maxSamples: options.maxSamples ?? DEFAULT_MAX_SAMPLES,
      maxTokens: options.maxTokens ?? evaluator.maxTokens,
      rankAll,
      evaluatorOptions: options.evaluatorOptions ?? {},
    }),
  }
}

/** Names the evaluation of a model: the same for the same question, wherever the data set is. */
export function evaluationId({ evaluator, dataset, arguments: given }: Question, model: string): string {
  const identity = [model, evaluator, dataset.hash, given]
  return `${evaluator.name}-${sha256(JSON.stringify(identity)).slice(0, 12)}`
}

/** Which evaluator asked, as users name it. */
export function evaluatorReference({ evaluator: { name, plugin } }: Pick<Question, 'evaluator'>): string {
  return plugin === undefined ? name : `${plugin}/${name}`
}

/** An error that says what has changed since a question was recorded, so that it is no longer the same. */
export function questionChanged(
  { id, ...before }: Question & { id: string; model: string },
  { evaluator, dataset, model }: Question & { model: string },
): InputError {
  const { name, version } = evaluator
  const what =
    dataset.hash !== before.dataset.hash
      ? `The data set ${dataset.directory} has changed since ${id} was started.`
      : version !== before.evaluator.version
        ? `The evaluator ${name} is now version ${version}, but ${id} was started with version ${before.evaluator.version}.`
        : model !== before.model
          ? `The model ${model} is not ${before.model}, which ${id} evaluates.`
          : `The evaluator ${name} no longer asks the prompts of ${id}.`
  return new InputError(what, {
    code: 'EVALUATION_CHANGED',
    suggestions: ['start a new evaluation: reversal eval:run'],
  })
}

/**
 * Turns a question into its record. An option that is not used is left out, so that older evaluations keep their names.
 */
function toArguments(question: Settled): EvaluationArguments {
  const { splits, maxSamples, maxTokens, rankAll, evaluatorOptions, ...rest } = question
  rest satisfies Record<string, never>
  return {
    splits,
    max_samples: maxSamples,
    max_tokens: maxTokens,
    ...(rankAll && { rank_all: true }),
    ...(Object.keys(evaluatorOptions).length > 0 && { evaluator_options: inOrder(evaluatorOptions) }),
  }
}

interface Settled extends Required<QuestionOptions> {
  splits: string[]
  maxSamples: number
  maxTokens: number
  rankAll: boolean
  evaluatorOptions: OptionValues
}

/** Restores a question from its record, to ask it again. */
export function fromArguments(recorded: EvaluationArguments): QuestionOptions {
  const {
    splits,
    max_samples: maxSamples,
    max_tokens: maxTokens,
    rank_all: rankAll,
    evaluator_options: evaluatorOptions,
    ...rest
  } = recorded
  // Does not compile if the schema has an argument that is not read here.
  rest satisfies Record<string, never>
  return { splits, maxSamples, maxTokens, rankAll, evaluatorOptions }
}

/** The order in which options are given does not make another question. */
function inOrder(options: OptionValues): OptionValues {
  return Object.fromEntries(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Throws InputError RANKING_UNSUPPORTED if an evaluator cannot rank all candidates. */
export function requireRanking({ name, canRankAll }: Evaluator): void {
  if (canRankAll) return
  throw new InputError(`The evaluator ${name} has no candidates to rank.`, { code: 'RANKING_UNSUPPORTED' })
}

function chooseSplits({ name, splits }: Evaluator, chosen: readonly string[] = []): string[] {
  for (const split of chosen) {
    if (splits.includes(split)) continue
    const hint = suggestName(split, splits, 'It has')
    throw new InputError(`The evaluator ${name} has no split ${split}. ${hint}`, { code: 'SPLIT_UNKNOWN' })
  }
  return chosen.length === 0 ? [...splits] : splits.filter((split) => chosen.includes(split))
}
