/** Experiment 2: whether a model that knows a celebrity's parent knows the parent's child. */

import { join } from 'node:path'
import type { FoundPairs, Measure } from '../datasets/celebrities/celebrity-results.ts'
import { writeResults } from '../datasets/celebrities/celebrity-results.ts'
import { nameMatcher, readAliases, SHIPPED_ALIASES, startsWithName } from '../datasets/celebrities/names.ts'
import type { ParentChildPair } from '../datasets/celebrities/pairs.ts'
import { PAIRS_FILE, readPairs, writePairs } from '../datasets/celebrities/pairs.ts'
import { pairsDataset } from '../datasets/celebrities/pairs-dataset.ts'
import type { PromptOptions } from '../datasets/celebrities/prompts.ts'
import type { AskProgress, QuestionPlan } from '../evaluation/celebrities/ask-questions.ts'
import { planQuestions } from '../evaluation/celebrities/ask-questions.ts'
import type { DirectionComparison } from '../evaluation/celebrities/compare-directions.ts'
import { compareDirections } from '../evaluation/celebrities/compare-directions.ts'
import { findPairs, planSearch } from '../evaluation/celebrities/find-pairs.ts'
import { drawPairs, testQuestions } from '../evaluation/celebrities/questions.ts'
import { chooseMeasure, testPairs } from '../evaluation/celebrities/test-pairs.ts'
import { handingOver } from '../evaluation/evaluate-targets.ts'
import type { LanguageModel } from '../models/language-model.ts'
import { refuseExisting } from '../support/files.ts'
import type { Tell } from './reproduction-event.ts'

/** Events while a model is asked. */
export type AskingEvent =
  /** Sent before the first question; the listener can throw to stop. */
  | { type: 'plan'; plan: QuestionPlan }
  | { type: 'asking'; label: string; progress: AskProgress }
  /** Sent before the first question, for values in a file that are ignored. */
  | { type: 'warning'; message: string }

interface SharedOptions {
  model: LanguageModel
  /** How the model is called in files and tables. */
  modelName: string
  /** CSV file of other names of people; by default that of the data set, or else the one that comes with the tool. */
  aliasesFile?: string | undefined
  /** The original's rule, the name letter by letter. */
  exactNames: boolean
  seed: number
  /** Answers to each question. */
  samples: number
  /** Absolute path of the folder for the journals of searches, and for data sets that are made from files of pairs. */
  journals: string
  /** Absolute; the CSV file to write. */
  output: string
  /** Replace an existing file. */
  overwrite: boolean
  /** Ask all questions again. */
  fresh: boolean
  signal?: AbortSignal | undefined
  onEvent: Tell<AskingEvent>
}

export interface TestCelebritiesOptions extends SharedOptions {
  pairsFile: string
  prompts: PromptOptions
  /** By default the best measure that the model supports. */
  measure?: Measure | undefined
  /** So many pairs, drawn by seed. */
  limit?: number | undefined
  /** Folder of the model's evaluations. */
  evaluationsDirectory: string
  /** The run whose model it is. */
  runId?: string | undefined
  /** The model was opened for the Batch API. */
  batch?: boolean | undefined
  toolVersion: string
}

/** Facts about the model and how it is prompted, for all kinds of questions. */
export type AskedModel = Pick<
  TestCelebritiesOptions,
  | 'model'
  | 'modelName'
  | 'aliasesFile'
  | 'exactNames'
  | 'seed'
  | 'journals'
  | 'evaluationsDirectory'
  | 'runId'
  | 'signal'
  | 'toolVersion'
>

export interface TestedCelebrities {
  /** Null if answers arrive later, as from the Batch API. */
  file: string | null
  comparison: DirectionComparison | null
  evaluation: { id: string; directory: string; run_id: string | null }
}

/** A test whose answers are all there. */
export interface CompleteTest extends TestedCelebrities {
  file: string
  comparison: DirectionComparison
}

export function isCompleteTest(tested: TestedCelebrities): tested is CompleteTest {
  return tested.file !== null
}

/** Asks a model about each pair in both directions and writes the results. Throws InputError OUTPUT_EXISTS. */
export async function testCelebrities(options: TestCelebritiesOptions): Promise<TestedCelebrities> {
  const { model, prompts, limit, seed, samples, output, overwrite, journals, onEvent } = options
  const { modelName, exactNames, fresh, signal, toolVersion, runId, batch = false } = options
  if (!overwrite) await refuseExisting(output)
  const warnings: string[] = []
  const dataset = await pairsDataset({
    ...{ pairsFile: options.pairsFile, aliasesFile: exactNames ? undefined : options.aliasesFile },
    folder: join(journals, 'datasets'),
    onWarning: (message) => warnings.push(message),
  })
  for (const message of warnings) await onEvent({ type: 'warning', message })
  const measure = options.measure ?? (await chooseMeasure(model))
  const pairs = drawPairs(await readPairs(join(dataset, PAIRS_FILE)), limit, seed)
  const asked = testQuestions({ pairs, prompts }).map(({ prompt }) => prompt)
  await onEvent({ type: 'plan', plan: planQuestions(asked, { measure, samples }) })
  const { evaluation, results } = await testPairs({
    ...{ model, modelName, dataset, prompts, measure, exactNames, samples, seed, limit, journals, runId },
    ...handingOver(model, { batch }),
    ...{ directory: options.evaluationsDirectory, toolVersion, fresh, signal },
    onProgress: (progress) => onEvent({ type: 'asking', label: 'Asking', progress }),
  })
  const { id, run_id } = evaluation.summary
  const place = { evaluation: { id, directory: evaluation.directory, run_id } }
  if (results === undefined) return { file: null, comparison: null, ...place }
  await writeResults(output, results)
  return { file: output, comparison: compareDirections(results), ...place }
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

/**
 * Finds parents in a model's answers, asks it for their children, and writes the pairs. Throws InputError
 * OUTPUT_EXISTS.
 */
export async function findCelebrities(options: FindCelebritiesOptions): Promise<FoundCelebrities> {
  const { model, modelName, celebrities, style, seed, samples, output, overwrite, onEvent } = options
  const { aliasesFile = SHIPPED_ALIASES, exactNames } = options
  if (!overwrite) await refuseExisting(output)
  await onEvent({ type: 'plan', plan: planSearch({ celebrities, style, queries: samples }) })
  let noAnswers: FoundPairs['noAnswers']
  const pairs = await findPairs({
    ...{ model, celebrities, style, seed },
    queries: samples,
    matches: exactNames ? startsWithName : nameMatcher(await readAliases(aliasesFile)),
    directory: options.journals,
    fresh: options.fresh,
    signal: options.signal,
    onNoAnswers: (counts) => {
      noAnswers = counts
    },
    onProgress: (phase, progress) => onEvent({ type: 'asking', label: `Asking for ${phase}`, progress }),
  })
  await writePairs(output, pairs)
  const comparison = compareDirections({
    ...{ model: modelName, measure: 'found', pairs },
    ...(noAnswers && { noAnswers }),
  })
  return { file: output, celebrities: celebrities.length, pairs, comparison }
}
