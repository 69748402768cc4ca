import type { ScoredSample } from '../../schemas/evaluation.ts'
import type { MetricDescription } from '../../schemas/metric.ts'
import type { OptionValues } from '../../schemas/option-values.ts'
import { detectSignal } from '../../statistics/signal-detection.ts'
import type { EvaluationSample, Evaluator } from '../evaluator.ts'
import { matchOf, meanMeasure, summarizeSplits } from '../measures.ts'
import { apart } from './apart.ts'
import { cellGaps } from './cell-gaps.ts'
import type { HeldOutPrompt } from './held-out-prompts.ts'
import { CELL_SPLITS, holdsDirection, sentenceOf } from './held-out-prompts.ts'
import { drawPeers, sampleCells } from './peers.ts'

const ANSWERED: MetricDescription = { unit: 'share', better: 'higher', from: 'answers' }
const SCORED: MetricDescription = { unit: 'share', better: 'higher', from: 'scores' }

const DESCRIPTIONS = apart({
  verify_match: { ...ANSWERED, label: 'right' },
  said_yes: { unit: 'share', from: 'answers', label: 'said yes' },
  likelihood_match: { ...SCORED, label: 'right by likelihood' },
  yes_margin: { unit: 'nats', from: 'scores', label: 'yes over no' },
  accuracy: { ...ANSWERED, label: 'right' },
  answering_rate: { unit: 'share', from: 'answers', label: 'said yes or no' },
  yes_rate: { unit: 'share', from: 'answers', label: 'said yes' },
  d_prime: { unit: 'number', better: 'higher', from: 'answers', label: 'd′' },
  criterion: { unit: 'number', from: 'answers', label: 'criterion' },
  likelihood_accuracy: { ...SCORED, label: 'right by likelihood' },
  likelihood_yes_rate: { unit: 'share', from: 'scores', label: 'yes by likelihood' },
  likelihood_d_prime: { unit: 'number', better: 'higher', from: 'scores', label: 'd′ by likelihood' },
})

/**
 * Each held-out sentence of experiment 1 as a statement to judge, once with its own answer and once with that of
 * another fact of its split, which was trained in the same way. Half of the statements are true, so by chance, and for
 * a model that always says the same, half are judged right and d′ is 0.
 *
 * Accuracy counts an answer that is neither yes nor no as wrong; `yes_rate`, `d_prime` and `criterion` only use answers
 * that are one of the two (`answering_rate`). If the model gives scores, the same measures follow from whether " yes"
 * or " no" is more likely.
 */
export function verifyEvaluator({ seed }: OptionValues) {
  return {
    name: 'verify',
    version: 1,
    splits: CELL_SPLITS,
    maxTokens: 8,
    canRescore: true,
    needs: {
      stop: ['\n'],
      conversation: { system: 'Answer with yes or no and nothing else.', exchanges: [] },
    },
    descriptions: DESCRIPTIONS,

    accepts: holdsDirection,

    loadSamples: (directory, { splits, maxSamples }) =>
      sampleCells(directory, {
        splits,
        seed: Number(seed),
        make(own, { split, peersOf, random }) {
          const samples = own.flatMap((asked, index) => {
            const [other] = drawPeers(peersOf(asked), 1, random)
            const pair = [statementSample(asked, asked.completion, `${split}/${index}/true`)]
            if (other !== undefined)
              pair.push(statementSample(asked, other.completion, `${split}/${index}/false`))
            return pair
          })
          return samples.slice(0, maxSamples)
        },
      }),

    scoreSample({ target }, { completions, scores, noAnswer }) {
      const said = saidYes(completions[0] ?? '')
      const [right, wrong] = scores ?? []
      const known = right !== undefined && wrong !== undefined && !right.clamped && !wrong.clamped
      const margin = known ? (right.logprob - wrong.logprob) * (target === 'yes' ? 1 : -1) : null
      return {
        verify_match: matchOf(noAnswer, said === (target === 'yes')),
        said_yes: noAnswer === undefined && said !== undefined ? Number(said) : null,
        likelihood_match: margin === null ? null : matchOfMargin(margin, target === 'yes'),
        yes_margin: margin,
      }
    },

    summarize: (samples) => summarizeSplits(CELL_SPLITS, samples, sumJudgements),

    contrast: (samples) => cellGaps(samples, ['verify_match', 'likelihood_match']),
  } satisfies Evaluator
}

function statementSample(asked: HeldOutPrompt, completion: string, id: string): EvaluationSample {
  const { split, fact, template, prompt } = asked
  const target = completion === asked.completion ? 'yes' : 'no'
  const statement = sentenceOf({ prompt, completion })
  return {
    ...{ id, split, target },
    prompt: `Statement: ${statement}\nIs this statement true? Answer yes or no.\nAnswer:`,
    scoreTargets: target === 'yes' ? [' yes', ' no'] : [' no', ' yes'],
    metadata: { fact, template },
  }
}

/** Undefined for an answer that is neither. */
function saidYes(answer: string): boolean | undefined {
  const [, yes, no] =
    /^(?:answer:)?[^\p{L}]*(?:(yes|true|correct)|(no|not|false|incorrect|untrue))(?!\p{L})/iu.exec(
      answer.trim(),
    ) ?? []
  return yes === undefined && no === undefined ? undefined : yes !== undefined
}

function matchOfMargin(margin: number, isTrue: boolean): number {
  return margin === 0 ? 0.5 : Number(margin > 0 === isTrue)
}

function sumJudgements(samples: readonly ScoredSample[]) {
  const answered = judge(samples, ({ said_yes: said }) => said ?? null)
  const scored = judge(samples, ({ yes_margin: margin }) =>
    typeof margin === 'number' ? (Math.sign(margin) + 1) / 2 : null,
  )
  return {
    accuracy: meanMeasure(samples, 'verify_match'),
    yes_rate: meanMeasure(samples, 'said_yes'),
    d_prime: answered.dPrime,
    criterion: answered.criterion,
    answering_rate: answeringRate(samples),
    likelihood_accuracy: meanMeasure(samples, 'likelihood_match'),
    likelihood_yes_rate: scored.yesRate,
    likelihood_d_prime: scored.dPrime,
  }
}

function judge(
  samples: readonly ScoredSample[],
  yesOf: (measures: ScoredSample['measures']) => number | null,
) {
  const said = samples.flatMap(({ target, measures }) => {
    const yes = yesOf(measures)
    return yes === null ? [] : [{ isTrue: target === 'yes', yes }]
  })
  const count = (isTrue: boolean) => said.filter((one) => one.isTrue === isTrue)
  const sum = (ones: typeof said) => ones.reduce((total, { yes }) => total + yes, 0)
  const [signals, noise] = [count(true), count(false)]
  const detection = detectSignal({
    hits: sum(signals),
    signals: signals.length,
    falseAlarms: sum(noise),
    noise: noise.length,
  })
  return { ...detection, yesRate: said.length === 0 ? null : sum(said) / said.length }
}

function answeringRate(samples: readonly ScoredSample[]): number | null {
  const given = samples.filter(({ measures }) => measures.verify_match !== null)
  const said = given.filter(({ measures }) => measures.said_yes !== null)
  return given.length === 0 ? null : said.length / given.length
}
