import { isOneOf, readToldFacts } from '../../datasets/transforms/told-facts.ts'
import type { Evaluator } from '../evaluator.ts'
import {
  ANSWER_DESCRIPTIONS,
  answerMeasures,
  answerMetrics,
  meanMeasure,
  summarizeSplits,
} from '../measures.ts'
import { asTold } from '../told-apart.ts'
import { apart } from './apart.ts'
import { measureRank } from './rank-evaluator.ts'
import { hasRelationPrompts, readRelationPrompts, relationSamples } from './relation-prompts.ts'

const TWO_HOP = 'two_hop_prompts_test'
const SECOND_HOP = 'hop_prompts_test'

/** The control, then the splits by the order in which the first of the two facts was stated. */
const GROUPS = {
  second_hop: undefined,
  p2d_two_hop: 'p2d',
  d2p_two_hop: 'd2p',
  both_two_hop: 'both',
} as const

const SPLITS = Object.keys(GROUPS)

/** Where the first fact must be reversed, unless a transform told it in both orders. */
const REVERSED = 'd2p_two_hop'

const DESCRIPTIONS = apart({
  ...ANSWER_DESCRIPTIONS,
  peers_beaten: { unit: 'share', better: 'higher', from: 'scores', label: 'peers beaten' },
})

/**
 * Whether a model combines two facts: from "A is the parent of B" and "B is the parent of C", each stated separately,
 * it is asked for the grandchild of A. If the first fact was stated B first (`d2p_two_hop`), it must also be reversed;
 * questions about facts that a transform stated in both orders have a split of their own (`d2p_two_hop_told`). The split
 * `second_hop` asks for C given B, and the evaluator `reverse` for B given A: a model that does not know both facts
 * cannot combine them. By chance no answer is right, and C beats half of its peers, which are the Cs of all facts of the
 * relation.
 */
export const twoHopEvaluator = {
  name: 'two-hop',
  version: 1,
  splits: SPLITS,
  maxTokens: 50,
  canRescore: true,
  descriptions: DESCRIPTIONS,

  accepts: (directory) => hasRelationPrompts(directory, TWO_HOP),

  async loadSamples(directory, { splits = SPLITS, maxSamples }) {
    const isTold = isOneOf(await readToldFacts(directory))
    const samples = await Promise.all(
      splits.map(async (split) => {
        const group = GROUPS[split as keyof typeof GROUPS]
        const prompts = await readRelationPrompts(directory, group === undefined ? SECOND_HOP : TWO_HOP)
        const own = prompts.filter((prompt) => group === undefined || prompt.group === group)
        const asked = relationSamples(split, own, prompts).slice(0, maxSamples)
        if (split !== REVERSED) return asked
        return asked.map((sample) => (isTold(String(sample.metadata?.fact)) ? asTold(sample) : sample))
      }),
    )
    return samples.flat()
  },

  scoreSample: ({ target }, answer) => ({
    ...answerMeasures(target, answer),
    peers_beaten: measureRank(answer.scores).peers_beaten,
  }),

  summarize(samples) {
    return summarizeSplits(SPLITS, samples, (own) => ({
      ...answerMetrics(own),
      peers_beaten: meanMeasure(own, 'peers_beaten'),
    }))
  },
} satisfies Evaluator
