import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CelebrityResults, Measure } from '../../datasets/celebrities/celebrity-results.ts'
import type { NameMatcher } from '../../datasets/celebrities/names.ts'
import type { ParentChildPair } from '../../datasets/celebrities/pairs.ts'
import type { FamilyDirection, PromptOptions } from '../../datasets/celebrities/prompts.ts'
import { celebrityPrompt, FAMILY_DIRECTIONS } from '../../datasets/celebrities/prompts.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import { sha256 } from '../../support/files.ts'
import { acquireLock, heldSignal } from '../../support/lock.ts'
import { PythonRandom } from '../../support/python-random.ts'
import { SampleJournal } from '../journal.ts'
import { PromptsUnansweredError } from '../unanswered-prompts.ts'
import type { AskOptions, AskProgress, CelebrityQuestion } from './ask-questions.ts'
import { askQuestions } from './ask-questions.ts'
import { countMissing, rightShare } from './right-share.ts'

export interface TestPairsOptions {
  model: LanguageModel
  /** How the model is called in the results; its `id` where it is not given. */
  modelName?: string | undefined
  pairs: readonly ParentChildPair[]
  measure: Measure
  prompts: PromptOptions
  /** Whether an answer gives the right name. */
  matches: NameMatcher
  /** Answers to each question; of the measure `answers` alone. */
  samples: number
  seed: number
  /** Absolute; gets a folder with the journal of this test. */
  directory: string
  /** Forget what was asked before. */
  fresh?: boolean | undefined
  batchSize?: number | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: AskProgress) => unknown) | undefined
}

/** Answers vary, as in the original. */
const TEMPERATURE = 1

/**
 * Ask a model for the parent and the child of each pair. The same test finds its journal again and goes on where it
 * was; what was asked is not asked a second time. Throws PromptsUnansweredError, after all others, for questions that the
 * model did not answer.
 */
export async function testPairs(options: TestPairsOptions): Promise<CelebrityResults> {
  const { model, modelName = model.id, pairs, measure, matches, fresh } = options
  const directory = join(options.directory, testId(options))
  await using lock = await acquireLock(join(directory, 'lock'))
  const path = join(directory, 'samples.jsonl')
  if (fresh) await rm(path, { force: true })
  await using journal = await SampleJournal.open(path)
  const asking = askOptions(options)
  const unanswered = await askQuestions({ ...asking, journal, signal: heldSignal(lock, options.signal) })
  if (unanswered.length > 0) {
    throw new PromptsUnansweredError(unanswered, { total: asking.questions.length })
  }
  const score = (index: number, direction: FamilyDirection) => {
    const sample = journal.samples.get(questionId(index, direction))!
    if (measure === 'logprob') return sample.scores?.[0]?.logprob ?? null
    return rightShare(sample, matches)
  }
  const own = asking.questions.map(({ id }) => journal.samples.get(id)!)
  return {
    model: modelName,
    measure,
    ...countMissing(own, measure),
    pairs: pairs.map((pair, index) => ({
      ...pair,
      scores: { parent: score(index, 'parent'), child: score(index, 'child') },
    })),
  }
}

/** The measure that suits a model: `logprob` for one that continues text and can score targets, as in the original. */
export async function chooseMeasure(model: LanguageModel): Promise<Measure> {
  if (model.conversational) return 'answers'
  return (await model.scoring()).available ? 'logprob' : 'answers'
}

/** So many pairs, drawn by seed, in their order in the file; all where there are no more. */
export function drawPairs<T>(pairs: readonly T[], limit: number | undefined, seed: number): T[] {
  if (limit === undefined || limit >= pairs.length) return [...pairs]
  const drawn = new PythonRandom(seed).sample([...pairs.keys()], limit)
  return drawn.toSorted((a, b) => a - b).map((index) => pairs[index]!)
}

/** The questions of a test, two for each pair. */
export function testQuestions({
  pairs,
  prompts,
}: Pick<TestPairsOptions, 'pairs' | 'prompts'>): CelebrityQuestion[] {
  return pairs.flatMap((pair, index) =>
    FAMILY_DIRECTIONS.map((direction) => ({
      id: questionId(index, direction),
      direction,
      prompt: celebrityPrompt(pair, direction, prompts),
      target: pair[direction],
    })),
  )
}

function askOptions(options: TestPairsOptions): Omit<AskOptions, 'journal'> {
  const { model, measure, samples, seed, batchSize, signal, onProgress } = options
  return {
    ...{ model, measure, samples, seed, batchSize, signal, onProgress },
    questions: testQuestions(options),
    temperature: TEMPERATURE,
  }
}

function questionId(index: number, direction: FamilyDirection): string {
  return `${index}/${direction}`
}

/** The same for the same questions to the same model, however the answers are matched. */
function testId({ model, pairs, measure, prompts, samples, seed }: TestPairsOptions): string {
  const names = pairs.map(({ child, parent, parentType }) => [child, parent, parentType])
  const sampling = measure === 'answers' ? { samples, seed } : null
  return `test-${sha256(JSON.stringify([model.id, names, measure, prompts, sampling])).slice(0, 12)}`
}
