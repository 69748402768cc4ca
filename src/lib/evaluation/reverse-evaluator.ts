import { join } from 'node:path'
import { schemaCheck } from '../schemas/compile.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { exists } from '../support/files.ts'
import { readJsonl } from '../support/jsonl.ts'
import type { EvaluationSample, Evaluator } from './evaluator.ts'
import { answerMeasures, answerMetrics, meanMeasure, startsWith, summarizeSplits } from './measures.ts'

/** The seven splits of the original, in its order. */
const SPLITS = [
  'p2d_reverse_prompts_test',
  'both_prompts_test',
  'p2d_prompts_test',
  'd2p_prompts_test',
  'd2p_reverse_prompts_test',
  'p2d_reverse_prompts_test_randomized',
  'd2p_reverse_prompts_test_randomized',
] as const

/** The split whose completions go on after the name. */
const WHOLE_COMPLETIONS = 'both_prompts_test'

const check = schemaCheck(promptCompletionSchema)

/**
 * Experiment 1 as the original scores it: a completion is right when it begins with the target, letter case
 * and outer space aside; beside it strict equality and the summed log-probability of the target. In
 * `both_prompts_test` the targets of description-first prompts go on after the name (" Mason Caldwell for
 * you."), so there `name_match` tells whether the completion begins with the name alone.
 */
export const reverseEvaluator: Evaluator = {
  name: 'reverse',
  summary: 'experiment 1: held-out prompts in both directions, matched and by log-probability',
  version: 1,
  splits: SPLITS,
  maxTokens: 50,

  async accepts(directory) {
    const found = await Promise.all(SPLITS.map((split) => exists(splitFile(directory, split))))
    return found.includes(true)
  },

  async loadSamples(directory, { splits = SPLITS, maxSamples }) {
    const samples = await Promise.all(splits.map((split) => readSplit(directory, split)))
    return samples.flatMap((split) => split.slice(0, maxSamples))
  },

  scoreSample({ target, metadata }, { completions, scores }) {
    const [completion = ''] = completions
    const name = metadata?.name
    return {
      ...answerMeasures(target, completion, scores),
      ...(typeof name === 'string' && { name_match: Number(startsWith(completion, name)) }),
    }
  },

  summarize(samples) {
    return summarizeSplits(SPLITS, samples, (own) => {
      const named = own.some(({ measures }) => measures.name_match !== undefined)
      return { ...answerMetrics(own), ...(named && { name_accuracy: meanMeasure(own, 'name_match') }) }
    })
  },
}

function splitFile(directory: string, split: string): string {
  return join(directory, `${split}.jsonl`)
}

async function readSplit(directory: string, split: string): Promise<EvaluationSample[]> {
  const records = await readJsonl<PromptCompletion>(splitFile(directory, split), { check })
  return records.map(({ prompt, completion }, index) => {
    const name = split === WHOLE_COMPLETIONS ? findName(completion, index, records) : undefined
    return {
      id: `${split}/${index}`,
      split,
      prompt,
      target: completion.trim(),
      scoreTargets: [completion],
      ...(name !== undefined && { metadata: { name } }),
    }
  })
}

/**
 * The name (first and last) that the completion of a description-first prompt begins with. Such prompts are the
 * second half of their file, and the first half's prompts, which are name first, hold the same names.
 */
function findName(
  completion: string,
  index: number,
  records: readonly PromptCompletion[],
): string | undefined {
  const half = records.length / 2
  if (index < half) return undefined
  const [, name] = /^(\S+ \S+?)(?:['’]s)?\P{L}*(?:\s|$)/u.exec(completion.trim()) ?? []
  return name !== undefined && records.slice(0, half).some(({ prompt }) => prompt.includes(name))
    ? name
    : undefined
}
