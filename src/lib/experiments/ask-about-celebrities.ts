/** Experiment 2: whether a model that knows a celebrity's parent knows the parent's child. */

import type { FoundPairs, Measure } from '../datasets/celebrities/celebrity-results.ts'
import { writeResults } from '../datasets/celebrities/celebrity-results.ts'
import type { NameMatcher } from '../datasets/celebrities/names.ts'
import { nameMatcher, readAliases, startsWithName } from '../datasets/celebrities/names.ts'
import type { ParentChildPair } from '../datasets/celebrities/pairs.ts'
import { readPairs, writePairs } from '../datasets/celebrities/pairs.ts'
import type { PromptOptions } from '../datasets/celebrities/prompts.ts'
import type { AskProgress, QuestionPlan } from '../evaluation/celebrities/ask-questions.ts'
import { planQuestions } from '../evaluation/celebrities/ask-questions.ts'
import type { DirectionComparison } from '../evaluation/celebrities/compare-directions.ts'
import { compareDirections } from '../evaluation/celebrities/compare-directions.ts'
import { findPairs, planSearch } from '../evaluation/celebrities/find-pairs.ts'
import { chooseMeasure, drawPairs, testPairs, testQuestions } from '../evaluation/celebrities/test-pairs.ts'
import type { LanguageModel } from '../models/language-model.ts'
import { refuseExisting } from '../support/files.ts'

interface SharedOptions {
  model: LanguageModel
  /** How the model is called in files and tables. */
  modelName: string
  /** CSV file of other names of people; null: the original's rule, the name letter by letter. */
  aliasesFile: string | null
  seed: number
  /** Answers to each question. */
  samples: number
  /** Absolute; holds the journals. */
  journals: string
  /** Absolute; the CSV file to write. */
  output: string
  /** Replace a file that is there. */
  overwrite: boolean
  /** Ask again what was asked before. */
  fresh: boolean
  /** Told before anything is asked; throws to stop. */
  onPlan?: ((plan: QuestionPlan) => Promise<void>) | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((label: string, progress: AskProgress) => unknown) | undefined
}

export interface TestCelebritiesOptions extends SharedOptions {
  pairsFile: string
  prompts: PromptOptions
  /** What the model allows where it is not given. */
  measure?: Measure | undefined
  /** So many pairs, drawn by seed. */
  limit?: number | undefined
  /** Told before anything is asked of what the file says in vain. */
  onWarning?: ((message: string) => void) | undefined
}

export interface TestedCelebrities {
  file: string
  comparison: DirectionComparison
}

/** Ask a model about each pair in both directions and write the results. Throws InputError OUTPUT_EXISTS. */
export async function testCelebrities(options: TestCelebritiesOptions): Promise<TestedCelebrities> {
  const {
    model,
    modelName,
    pairsFile,
    prompts,
    limit,
    seed,
    samples,
    output,
    overwrite,
    onPlan,
    onProgress,
  } = options
  if (!overwrite) await refuseExisting(output)
  const pairs = drawPairs(await readPairs(pairsFile, { onWarning: options.onWarning }), limit, seed)
  const measure = options.measure ?? (await chooseMeasure(model))
  const questions = testQuestions({ pairs, prompts })
  await onPlan?.(
    planQuestions(
      questions.map(({ prompt }) => prompt),
      { measure, samples },
    ),
  )
  const results = await testPairs({
    ...{ model, modelName, pairs, prompts, measure, seed, samples },
    matches: await matcherOf(options),
    directory: options.journals,
    fresh: options.fresh,
    signal: options.signal,
    onProgress: (progress) => onProgress?.('Asking', progress),
  })
  await writeResults(output, results)
  return { file: output, comparison: compareDirections(results) }
}

export interface FindCelebritiesOptions extends SharedOptions {
  celebrities: readonly string[]
  style: PromptOptions['style']
}

export interface FoundCelebrities {
  file: string
  /** Celebrities that the model was asked about. */
  celebrities: number
  pairs: ParentChildPair[]
  comparison: DirectionComparison
}

/** Find parents in a model's answers and ask it for their children; write the pairs. Throws InputError OUTPUT_EXISTS. */
export async function findCelebrities(options: FindCelebritiesOptions): Promise<FoundCelebrities> {
  const { model, modelName, celebrities, style, seed, samples, output, overwrite, onPlan, onProgress } =
    options
  if (!overwrite) await refuseExisting(output)
  await onPlan?.(planSearch({ celebrities, style, queries: samples }))
  let noAnswers: FoundPairs['noAnswers']
  const pairs = await findPairs({
    ...{ model, celebrities, style, seed },
    queries: samples,
    matches: await matcherOf(options),
    directory: options.journals,
    fresh: options.fresh,
    signal: options.signal,
    onNoAnswers: (counts) => {
      noAnswers = counts
    },
    onProgress: (phase, progress) => onProgress?.(`Asking for ${phase}`, progress),
  })
  await writePairs(output, pairs)
  const comparison = compareDirections({
    ...{ model: modelName, measure: 'found', pairs },
    ...(noAnswers && { noAnswers }),
  })
  return { file: output, celebrities: celebrities.length, pairs, comparison }
}

async function matcherOf({ aliasesFile }: SharedOptions): Promise<NameMatcher> {
  return aliasesFile === null ? startsWithName : nameMatcher(await readAliases(aliasesFile))
}
