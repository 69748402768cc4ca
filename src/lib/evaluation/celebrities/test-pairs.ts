import { join } from 'node:path'
import type { CelebrityResults, Measure } from '../../datasets/celebrities/celebrity-results.ts'
import type { ParentChildPair } from '../../datasets/celebrities/pairs.ts'
import { PAIRS_FILE, readPairs } from '../../datasets/celebrities/pairs.ts'
import type { FamilyDirection, PromptOptions } from '../../datasets/celebrities/prompts.ts'
import type { LanguageModel } from '../../models/language-model.ts'
import type { ScoredSample } from '../../schemas/evaluation.ts'
import { evaluationFiles } from '../evaluation-folder.ts'
import { readJournal } from '../journal.ts'
import { openRegistered } from '../open-evaluator.ts'
import { DEFAULT_MAX_SAMPLES } from '../question.ts'
import type { EvaluationResult, RunEvaluationOptions } from '../run-evaluation.ts'
import { runEvaluation } from '../run-evaluation.ts'
import { PromptsUnansweredError } from '../unanswered-prompts.ts'
import { celebritiesDescriptor } from './celebrities-descriptor.ts'
import { earlierAnswers } from './earlier-tests.ts'
import { drawPairs, questionId } from './questions.ts'
import { countMissing } from './right-share.ts'

export interface TestPairsOptions
  extends Pick<
    RunEvaluationOptions,
    | 'model'
    | 'directory'
    | 'runId'
    | 'toolVersion'
    | 'batchSize'
    | 'concurrency'
    | 'fresh'
    | 'signal'
    | 'onProgress'
  > {
  /** The model's name in the results; its `id` by default. */
  modelName?: string | undefined
  /** Directory of a data set of experiment 2. */
  dataset: string
  measure: Measure
  prompts: PromptOptions
  /** The original's rule: an answer must start with exactly this name, and no other name counts. */
  exactNames?: boolean | undefined
  /** Answers to each question; only for the measure `answers`. */
  samples: number
  seed: number
  /** Number of pairs, drawn by seed; all by default. */
  limit?: number | undefined
  /** Absolute path of the journals of tests by earlier versions. */
  journals?: string | undefined
}

export interface TestedPairs {
  evaluation: EvaluationResult
  /** Undefined if answers arrive later, as from the Batch API. */
  results: CelebrityResults | undefined
}

/**
 * Asks a model for the parent and the child of each pair: an evaluation by the evaluator of experiment 2, whose samples
 * become the results in the published form. Earlier answers are reused, even if other names count now. Throws
 * PromptsUnansweredError, after all other questions, for those that the model did not answer.
 */
export async function testPairs(options: TestPairsOptions): Promise<TestedPairs> {
  const { model, modelName = model.id, dataset, measure, limit, seed, fresh, journals, ...rest } = options
  const { prompts, samples, exactNames = false, ...running } = rest
  const all = await readPairs(join(dataset, PAIRS_FILE))
  const isDrawn = limit !== undefined && limit < all.length
  const pairs = drawPairs(all, limit, seed)
  const { evaluator, plugin, evaluatorOptions } = await openRegistered(
    { entry: celebritiesDescriptor, plugin: 'reversal' },
    {
      ...{ measure, prompt_style: prompts.style, original_prompts: prompts.unequal === true },
      exact_names: exactNames,
      ...(measure === 'answers' && { samples, seed }),
      ...(isDrawn && { limit, seed }),
    },
  )
  const evaluation = await runEvaluation({
    ...{ ...running, model, fresh, evaluator, plugin, evaluatorOptions, datasetDirectory: dataset },
    maxSamples: Math.max(DEFAULT_MAX_SAMPLES, pairs.length),
    ...(fresh !== true && {
      earlier: await earlierAnswers({
        ...{ model, pairs, measure, prompts, samples, seed, journals },
        ...{ directory: options.directory, evaluatorOptions },
      }),
    }),
  })
  const { unanswered = [], status } = evaluation.summary
  if (unanswered.length > 0) {
    throw new PromptsUnansweredError(unanswered, { total: evaluation.total, advice: evaluation.advice })
  }
  if (status !== 'complete') return { evaluation, results: undefined }
  const journal = await readJournal(evaluationFiles(evaluation.directory).samples)
  return { evaluation, results: { model: modelName, ...resultsOf(journal, { pairs, measure }) } }
}

/** The results in the samples of a complete evaluation. */
function resultsOf(
  journal: readonly ScoredSample[],
  { pairs, measure }: { pairs: readonly ParentChildPair[]; measure: Measure },
): Omit<CelebrityResults, 'model'> {
  const byId = new Map(journal.map((sample) => [sample.id, sample]))
  const sampleOf = (index: number, direction: FamilyDirection) => byId.get(questionId(index, direction))!
  const score = (index: number, direction: FamilyDirection) => {
    const { measures, scores } = sampleOf(index, direction)
    // A log-probability that is lower than the server reports counts as the highest possible value.
    return (measure === 'logprob' ? scores?.[0]?.logprob : measures.found) ?? null
  }
  const own = pairs.flatMap((_, index) => [sampleOf(index, 'parent'), sampleOf(index, 'child')])
  return {
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
