import { join } from 'node:path'
import { isOneOf, readToldFacts } from '../datasets/transforms/told-facts.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { MetricDescriptions } from '../schemas/metric.ts'
import { RANKING_GROUP } from '../schemas/metric.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { rankCorrect } from '../statistics/ranking.ts'
import { exists } from '../support/files.ts'
import { readJsonl } from '../support/jsonl.ts'
import type { EvaluationSample, Evaluator, SampleAnswer } from './evaluator.ts'
import {
  ANSWER_DESCRIPTIONS,
  answerMeasures,
  answerMetrics,
  matchOf,
  meanMeasure,
  startsWith,
  summarizeSplits,
} from './measures.ts'
import { reversalGaps } from './reversal-gaps.ts'
import { NAMING_SPLITS, ReverseFacts } from './reverse-facts.ts'

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

const RANKING = { group: RANKING_GROUP, from: 'scores' } as const

const DESCRIPTIONS: MetricDescriptions = {
  ...ANSWER_DESCRIPTIONS,
  name_match: { unit: 'share', better: 'higher', from: 'answers', label: 'name match' },
  name_accuracy: { unit: 'share', better: 'higher', from: 'answers', label: 'name' },
  rank: { unit: 'rank', better: 'lower', ...RANKING },
  reciprocal_rank: { unit: 'number', better: 'higher', ...RANKING },
  mean_rank: { unit: 'rank', better: 'lower', label: 'rank', ...RANKING },
  mean_reciprocal_rank: { unit: 'number', better: 'higher', label: 'reciprocal rank', ...RANKING },
  win_rate: { unit: 'number', better: 'higher', label: 'win rate', ...RANKING },
  peer_win_rate: { unit: 'number', better: 'higher', label: 'peer win rate', ...RANKING },
}

const check = schemaCheck(promptCompletionSchema)

/**
 * Experiment 1 as the original scores it: a completion is right if it starts with the target, ignoring letter case and
 * outer space; in addition strict equality and the summed log-probability of the target. In `both_prompts_test` the
 * targets of description-first prompts continue after the name (" Mason Caldwell for you."), so there `name_match` says
 * whether the completion starts with the name.
 *
 * With `rankAll`, all names of the data set are scored after each prompt that asks for one. `rank`, `reciprocal_rank`
 * and `win_rate` say how the right one ranks among them, by summed log-probability; `peer_win_rate` compares it only
 * with the names of facts trained in the same way, which the model has seen equally often in the same position.
 */
export const reverseEvaluator = {
  name: 'reverse',
  version: 2,
  splits: SPLITS,
  maxTokens: 50,
  canRescore: true,
  canRankAll: true,
  descriptions: DESCRIPTIONS,

  async accepts(directory) {
    const found = await Promise.all(SPLITS.map((split) => exists(splitFile(directory, split))))
    return found.includes(true)
  },

  async loadSamples(directory, { splits = SPLITS, maxSamples, rankAll = false }) {
    const records = await readSplits(directory, splits)
    const facts = new ReverseFacts(records)
    const isTold = isOneOf(rankAll ? await readToldFacts(directory) : [])
    const incorrectOf = rankAll ? (name: string) => facts.incorrectNames(name, isTold) : undefined
    return splits.flatMap((split) =>
      splitSamples(split, records.get(split)!, { facts, incorrectOf }).slice(0, maxSamples),
    )
  },

  scoreSample({ target, metadata }, answer) {
    const [completion = ''] = answer.completions
    const name = metadata?.name
    return {
      ...answerMeasures(target, answer),
      ...(typeof name === 'string' && { name_match: matchOf(answer.noAnswer, startsWith(completion, name)) }),
      ...(metadata?.peers !== undefined && rankMeasures(metadata, answer.scores)),
    }
  },

  summarize(samples) {
    return summarizeSplits(SPLITS, samples, (own) => {
      const has = (measure: string) => own.some(({ measures }) => measures[measure] !== undefined)
      return {
        ...answerMetrics(own),
        ...(has('name_match') && { name_accuracy: meanMeasure(own, 'name_match') }),
        ...(has('rank') && {
          mean_rank: meanMeasure(own, 'rank'),
          mean_reciprocal_rank: meanMeasure(own, 'reciprocal_rank'),
          win_rate: meanMeasure(own, 'win_rate'),
          peer_win_rate: meanMeasure(own, 'peer_win_rate'),
        }),
      }
    })
  },

  contrast: reversalGaps,
} satisfies Evaluator

function splitFile(directory: string, split: string): string {
  return join(directory, `${split}.jsonl`)
}

/** The records of the given splits, and of those that show the names, if they exist. */
async function readSplits(
  directory: string,
  splits: readonly string[],
): Promise<Map<string, PromptCompletion[]>> {
  const naming = Object.values(NAMING_SPLITS).filter((split) => !splits.includes(split))
  const there = await Promise.all(naming.map((split) => exists(splitFile(directory, split))))
  const wanted = [...splits, ...naming.filter((_, index) => there[index])]
  const records = await Promise.all(
    wanted.map((split) => readJsonl<PromptCompletion>(splitFile(directory, split), { check })),
  )
  return new Map(wanted.map((split, index) => [split, records[index]!]))
}

function splitSamples(
  split: string,
  records: readonly PromptCompletion[],
  {
    facts,
    incorrectOf,
  }: {
    facts: ReverseFacts
    /** Where names are ranked. */
    incorrectOf: ((name: string) => ReturnType<ReverseFacts['incorrectNames']>) | undefined
  },
): EvaluationSample[] {
  const descriptions = facts.describe(records.map(({ prompt }) => prompt))
  const naming = Object.values(NAMING_SPLITS).includes(split)
  return records.map(({ prompt, completion }, index) => {
    const name = naming ? facts.askedName(prompt) : undefined
    // If targets continue after the name, the name alone is scored as well.
    const whole = name !== undefined && split === NAMING_SPLITS.both
    const incorrect = name === undefined ? undefined : incorrectOf?.(name)
    const metadata = {
      ...descriptions[index],
      ...(whole && { name }),
      ...(incorrect && { peers: incorrect.peers.length }),
    }
    return {
      id: `${split}/${index}`,
      split,
      prompt,
      target: completion.trim(),
      scoreTargets: [
        completion,
        ...(incorrect
          ? [...(whole ? [name] : []), ...incorrect.peers, ...incorrect.others].map((text) => ` ${text}`)
          : []),
      ],
      ...(Object.keys(metadata).length > 0 && { metadata }),
    }
  })
}

/** Rank of the right name among all: its score is the first, or the second if the first is that of a longer target. */
function rankMeasures(metadata: Record<string, unknown>, scores: SampleAnswer['scores']) {
  const asked = metadata.name === undefined ? scores?.[0] : scores?.[1]
  // Below what the server reports, names cannot be ranked.
  if (scores === null || asked?.clamped) {
    return { rank: null, reciprocal_rank: null, win_rate: null, peer_win_rate: null }
  }
  const logprobs = scores.map(({ logprob }) => logprob)
  const [correct, ...incorrect] = metadata.name === undefined ? logprobs : logprobs.slice(1)
  const all = rankCorrect({ correct: correct!, incorrect })
  const peers = rankCorrect({ correct: correct!, incorrect: incorrect.slice(0, Number(metadata.peers)) })
  return {
    rank: all.rank,
    reciprocal_rank: all.reciprocalRank,
    win_rate: all.winRate,
    peer_win_rate: peers.winRate,
  }
}
