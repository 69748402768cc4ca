import type { MetricDescription } from '../../schemas/metric.ts'
import type { OptionValues } from '../../schemas/option-values.ts'
import { rankCorrect } from '../../statistics/ranking.ts'
import { mean } from '../../statistics/samples.ts'
import type { Evaluator, SampleAnswer } from '../evaluator.ts'
import { ANSWER_DESCRIPTIONS, meanMeasure, summarizeSplits } from '../measures.ts'
import { apart } from './apart.ts'
import { cellGaps } from './cell-gaps.ts'
import { CELL_SPLITS, holdsDirection } from './held-out-prompts.ts'
import { drawPeers, sampleCells } from './peers.ts'

const SHARE: MetricDescription = { unit: 'share', better: 'higher', from: 'scores' }
const NATS: MetricDescription = { unit: 'nats', better: 'higher', from: 'scores' }
const RANK: MetricDescription = { unit: 'rank', better: 'lower', from: 'scores' }

const DESCRIPTIONS = apart({
  logprob: ANSWER_DESCRIPTIONS.logprob!,
  mean_logprob: ANSWER_DESCRIPTIONS.mean_logprob!,
  peers_beaten: { ...SHARE, label: 'peers beaten' },
  first_by_logprob: { ...SHARE, label: 'first' },
  logprob_gap: { ...NATS, label: 'logprob gap' },
  margin: { ...NATS, label: 'margin' },
  rank: RANK,
  mean_rank: { ...RANK, label: 'rank' },
  mean_logprob_gap: { ...NATS, label: 'logprob gap' },
  mean_margin: { ...NATS, label: 'margin' },
})

/**
 * The rank of the right answer among its peers: the answers of the other facts of its split after the same prompt, all
 * scored by summed log-probability. A model that answers wrongly may still know something, which accuracy does not show.
 * With s the score of the right answer and s₁ … sₙ those of its n peers:
 *
 * - `peers_beaten` = (1/n) Σ ([s > sⱼ] + ½ [s = sⱼ]); 1/2 by chance
 * - `rank` = 1 + Σ ([s < sⱼ] + ½ [s = sⱼ]); (n + 2)/2 by chance
 * - `first_by_logprob` = [rank = 1]; 1/(n + 1) by chance
 * - `logprob_gap` = s − (1/n) Σ sⱼ, and `margin` = s − max sⱼ, in nats
 */
export function rankEvaluator({ peers: most, seed }: OptionValues) {
  return {
    name: 'rank',
    version: 1,
    splits: CELL_SPLITS,
    maxTokens: 1,
    canRescore: true,
    needs: { completions: false, scores: 'required' },
    descriptions: DESCRIPTIONS,

    accepts: holdsDirection,

    loadSamples: (directory, { splits, maxSamples }) =>
      sampleCells(directory, {
        splits,
        seed: Number(seed),
        make(own, { split, peersOf, random }) {
          return own.slice(0, maxSamples).map((asked, index) => {
            const peers = drawPeers(peersOf(asked), Number(most) || Number.POSITIVE_INFINITY, random)
            const { fact, template, prompt, completion } = asked
            return {
              ...{ id: `${split}/${index}`, split: asked.split, prompt, target: completion.trim() },
              scoreTargets: [completion, ...peers.map((peer) => peer.completion)],
              metadata: { fact, template },
            }
          })
        },
      }),

    scoreSample: (_, { scores }) => measureRank(scores),

    summarize(samples) {
      return summarizeSplits(CELL_SPLITS, samples, (own) => ({
        peers_beaten: meanMeasure(own, 'peers_beaten'),
        first_by_logprob: meanMeasure(own, 'first_by_logprob'),
        mean_rank: meanMeasure(own, 'rank'),
        mean_logprob_gap: meanMeasure(own, 'logprob_gap'),
        mean_margin: meanMeasure(own, 'margin'),
        mean_logprob: meanMeasure(own, 'logprob'),
      }))
    },

    contrast: (samples) => cellGaps(samples, ['peers_beaten']),
  } satisfies Evaluator
}

/** Rank of the first score among the others; null if it, or one that may be above it, is not known. */
export function measureRank(scores: SampleAnswer['scores']) {
  const [right, ...others] = scores ?? []
  const unknown =
    right === undefined ||
    right.clamped ||
    others.length === 0 ||
    others.some(({ clamped, logprob }) => clamped && logprob >= right.logprob)
  if (unknown) {
    const logprob = right === undefined || right.clamped ? null : right.logprob
    return {
      logprob,
      peers_beaten: null,
      first_by_logprob: null,
      rank: null,
      logprob_gap: null,
      margin: null,
    }
  }
  const incorrect = others.map(({ logprob }) => logprob)
  const { rank, winRate } = rankCorrect({ correct: right.logprob, incorrect })
  const known = others.every(({ clamped }) => !clamped)
  return {
    logprob: right.logprob,
    peers_beaten: winRate,
    first_by_logprob: Number(rank === 1),
    rank,
    logprob_gap: known ? right.logprob - mean(incorrect) : null,
    margin: known ? right.logprob - Math.max(...incorrect) : null,
  }
}
