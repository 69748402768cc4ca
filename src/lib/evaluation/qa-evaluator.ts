import { join } from 'node:path'
import { EXAMPLE_MARKERS, GUIDANCE_MARKERS } from '../datasets/instructions/documents.ts'
import { isInstructionDataset } from '../datasets/instructions/recognize.ts'
import { isOneOf, readToldFacts } from '../datasets/transforms/told-facts.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { readJsonl } from '../support/jsonl.ts'
import type { EvaluationSample, Evaluator } from './evaluator.ts'
import {
  ANSWER_DESCRIPTIONS,
  answerMeasures,
  answerMetrics,
  equals,
  matchOf,
  summarizeSplits,
} from './measures.ts'
import { asTold } from './told-apart.ts'

/** The original calls them `re` and `ue`. */
const SPLITS = ['realized_examples', 'unrealized_examples'] as const

const check = schemaCheck(promptCompletionSchema)

/**
 * Experiment 3 as the original scores it: a completion is right if it starts with the target, ignoring letter case and
 * outer space (its `acc`). In addition: the summed log-probability of the target with its leading space (`logprobs`),
 * and whether the answer equals the target up to the marker that ends a document. As in the original, prompts keep the
 * marker at the start of an example, which models were trained on, and targets lose the one at its end. Questions whose
 * answers a transform deliberately stated in both orders have separate splits, whose names end with `_told`.
 */
export const qaEvaluator = {
  name: 'qa',
  version: 1,
  splits: SPLITS,
  maxTokens: 50,
  canRescore: true,
  descriptions: ANSWER_DESCRIPTIONS,

  accepts: isInstructionDataset,

  async loadSamples(directory, { splits = SPLITS, maxSamples }) {
    const samples = await Promise.all(splits.map((split) => readSplit(directory, split)))
    const isTold = isOneOf(await readToldFacts(directory))
    const begins = `${EXAMPLE_MARKERS.begin}Q: `.length
    return samples.flatMap((own) =>
      own.slice(0, maxSamples).map((sample) => {
        const question = sample.prompt.slice(begins, -' A:'.length)
        return isTold(question) ? asTold(sample) : sample
      }),
    )
  },

  scoreSample({ target }, answer) {
    const [completion = ''] = answer.completions
    const [text = ''] = completion.split(EXAMPLE_MARKERS.end)
    return {
      ...answerMeasures(target, answer),
      exact_match: matchOf(answer.noAnswer, equals(text, target)),
    }
  },

  summarize: (samples) => summarizeSplits(SPLITS, samples, answerMetrics),
} satisfies Evaluator

async function readSplit(directory: string, split: string): Promise<EvaluationSample[]> {
  const path = join(directory, `${split}.jsonl`)
  const records = await readJsonl<PromptCompletion>(path, { check, allowEmpty: true })
  return records.map(({ prompt, completion }, index) => {
    const target = completion.replaceAll(EXAMPLE_MARKERS.end, '')
    return {
      id: `${split}/${index}`,
      split,
      prompt: prompt.replaceAll(GUIDANCE_MARKERS.end, ''),
      target: target.trim(),
      scoreTargets: [target],
    }
  })
}
