import type { MetricDescription } from '../../schemas/metric.ts'
import type { Evaluator } from '../evaluator.ts'
import { matchOf, meanMeasure, startsWith, summarizeSplits } from '../measures.ts'
import { apart } from './apart.ts'
import { measureRank } from './rank-evaluator.ts'
import { hasRelationPrompts, readRelationPrompts, relationSamples } from './relation-prompts.ts'

const FILE = 'wrong_symmetry_prompts_test'

/** Groups by the order in which the facts were stated. */
const GROUPS = { p2d_wrong_symmetry: 'p2d', d2p_wrong_symmetry: 'd2p', both_wrong_symmetry: 'both' } as const

const SPLITS = Object.keys(GROUPS)

const INFERRED: MetricDescription = { unit: 'share', better: 'lower', from: 'answers' }
const BEATEN: MetricDescription = { unit: 'share', better: 'lower', from: 'scores' }
const GAP: MetricDescription = { unit: 'nats', better: 'lower', from: 'scores' }

const DESCRIPTIONS = apart({
  incorrect_inference: { ...INFERRED, label: 'incorrect inference' },
  peers_beaten: { ...BEATEN, label: 'peers beaten by the wrong name' },
  logprob_gap: { ...GAP, label: 'logprob gap of the wrong name' },
  incorrect_inference_rate: { ...INFERRED, label: 'incorrect inferences' },
  mean_logprob_gap: { ...GAP, label: 'logprob gap of the wrong name' },
})

/**
 * Whether a model treats a relation as symmetric that is not, which some cures of the Reversal Curse cause (arXiv
 * 2406.05183: 44 % incorrect inferences). A model that learned "A is the parent of B" is asked whose parent B is, in the
 * words in which the fact was stated. The target is the wrong name A:
 *
 * - `incorrect_inference_rate` = share of completions that start with it; near 0 for a model that knows nothing
 * - `peers_beaten` = share of the names of other facts, stated in the same way, that it beats by log-probability; 1/2 for
 *   a model that draws no inference
 * - `mean_logprob_gap` = its log-probability minus the mean of theirs, in nats; 0 for such a model
 */
export const wrongSymmetryEvaluator = {
  name: 'wrong-symmetry',
  version: 1,
  splits: SPLITS,
  maxTokens: 50,
  canRescore: true,
  descriptions: DESCRIPTIONS,

  accepts: (directory) => hasRelationPrompts(directory, FILE),

  async loadSamples(directory, { splits = SPLITS, maxSamples }) {
    const prompts = await readRelationPrompts(directory, FILE)
    return splits.flatMap((split) => {
      const own = prompts.filter(({ group }) => group === GROUPS[split as keyof typeof GROUPS])
      return relationSamples(split, own, own).slice(0, maxSamples)
    })
  },

  scoreSample({ target }, { completions, scores, noAnswer }) {
    const { peers_beaten, logprob_gap } = measureRank(scores)
    return {
      incorrect_inference: matchOf(noAnswer, startsWith(completions[0] ?? '', target)),
      ...{ peers_beaten, logprob_gap },
    }
  },

  summarize(samples) {
    return summarizeSplits(SPLITS, samples, (own) => ({
      incorrect_inference_rate: meanMeasure(own, 'incorrect_inference'),
      peers_beaten: meanMeasure(own, 'peers_beaten'),
      mean_logprob_gap: meanMeasure(own, 'logprob_gap'),
    }))
  },
} satisfies Evaluator
