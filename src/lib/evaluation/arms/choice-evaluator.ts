import type { TargetScore } from '../../models/language-model.ts'
import type { ScoredSample } from '../../schemas/evaluation.ts'
import type { MetricDescription } from '../../schemas/metric.ts'
import type { OptionValues } from '../../schemas/option-values.ts'
import type { PythonRandom } from '../../support/python-random.ts'
import type { EvaluationSample, Evaluator, SampleAnswer } from '../evaluator.ts'
import { matchOf, meanMeasure, meanOfMeasured, summarizeSplits } from '../measures.ts'
import { apart } from './apart.ts'
import { cellGaps } from './cell-gaps.ts'
import { chosenLetter, LETTERS } from './chosen-letter.ts'
import type { HeldOutPrompt } from './held-out-prompts.ts'
import { CELL_SPLITS, holdsDirection } from './held-out-prompts.ts'
import { drawPeers, sampleCells } from './peers.ts'

const ANSWERED: MetricDescription = { unit: 'share', better: 'higher', from: 'answers' }
const SCORED: MetricDescription = { unit: 'share', better: 'higher', from: 'scores' }

const DESCRIPTIONS = apart({
  letter_match: { ...ANSWERED, label: 'letter' },
  chose: { unit: 'share', from: 'answers', label: 'chose an option' },
  letter_likelihood_match: { ...SCORED, label: 'letter by likelihood' },
  sum_match: { ...SCORED, label: 'summed' },
  token_match: { ...SCORED, label: 'per token' },
  letter_accuracy: { ...ANSWERED, label: 'letter' },
  choosing_rate: { unit: 'share', from: 'answers', label: 'chose an option' },
  letter_likelihood_accuracy: { ...SCORED, label: 'letter by likelihood' },
  sum_accuracy: { ...SCORED, label: 'summed' },
  token_accuracy: { ...SCORED, label: 'per token' },
  chance: { unit: 'share', label: 'chance' },
})

/**
 * The held-out prompts of experiment 1 as multiple choice: the right answer among answers of other facts, which were
 * trained in the same way and fit the same sentence. By chance one in `options` is right.
 *
 * By letter: the prompt lists the options, shuffled by the seed, and the answer is a letter or an option's own text; if
 * the model gives scores, the letter with the highest log-probability is measured, too. By likelihood (as in arXiv
 * 2505.00661): each option is scored after the bare prompt, and the model's choice is the one with the highest
 * log-probability, summed over its tokens (`sum_accuracy`) or divided by their number (`token_accuracy`). A tie of k
 * options counts 1/k.
 */
export function choiceEvaluator(given: OptionValues) {
  const { by, options, seed } = given as { by: 'letter' | 'likelihood'; options: number; seed: number }
  const byLetter = by === 'letter'
  return {
    name: 'choice',
    version: 1,
    splits: CELL_SPLITS,
    maxTokens: byLetter ? 24 : 1,
    canRescore: true,
    needs: byLetter
      ? {
          stop: ['\n'],
          conversation: { system: 'Answer with the letter of one option and nothing else.', exchanges: [] },
        }
      : { completions: false, scores: 'required' },
    descriptions: DESCRIPTIONS,

    accepts: holdsDirection,

    loadSamples: (directory, { splits, maxSamples }) =>
      sampleCells(directory, {
        splits,
        seed,
        make(own, { split, peersOf, random }) {
          const deck: number[] = []
          return own.slice(0, maxSamples).map((asked, index) => {
            const choices = drawPeers(peersOf(asked), options - 1, random)
            if (deck.length === 0) deck.push(...shuffledPlaces(choices.length + 1, random))
            choices.splice(deck.pop()!, 0, asked)
            return (byLetter ? letterSample : likelihoodSample)(asked, choices, `${split}/${index}`)
          })
        },
      }),

    scoreSample: byLetter ? scoreLetter : scoreLikelihood,

    summarize: (samples) => summarizeSplits(CELL_SPLITS, samples, byLetter ? sumLetters : sumLikelihoods),

    contrast: (samples) =>
      cellGaps(
        samples,
        byLetter ? ['letter_match', 'letter_likelihood_match'] : ['sum_match', 'token_match'],
      ),
  } satisfies Evaluator
}

/** Every place equally often, so that always giving the same letter is right only by chance. */
function shuffledPlaces(count: number, random: PythonRandom): number[] {
  const places = Array.from({ length: count }, (_, place) => place)
  random.shuffle(places)
  return places
}

function letterSample(asked: HeldOutPrompt, choices: readonly HeldOutPrompt[], id: string): EvaluationSample {
  const { split, fact, template, prompt } = asked
  const texts = choices.map(({ completion }) => completion.trim())
  const right = LETTERS[choices.indexOf(asked)]!
  const letters = LETTERS.slice(0, choices.length)
  return {
    ...{ id, split, target: right },
    prompt: [
      `Which option completes the text?`,
      `Text: ${prompt} …`,
      ...texts.map((text, place) => `${LETTERS[place]}. ${text}`),
      'Answer:',
    ].join('\n'),
    scoreTargets: [right, ...letters.filter((letter) => letter !== right)].map((letter) => ` ${letter}`),
    metadata: { fact, template, options: texts },
  }
}

function likelihoodSample(
  asked: HeldOutPrompt,
  choices: readonly HeldOutPrompt[],
  id: string,
): EvaluationSample {
  const { split, fact, template, prompt, completion } = asked
  const others = choices.filter((choice) => choice !== asked)
  return {
    ...{ id, split, prompt, target: completion.trim() },
    scoreTargets: [completion, ...others.map((other) => other.completion)],
    metadata: { fact, template, options: choices.length },
  }
}

function scoreLetter(
  { target, metadata }: EvaluationSample,
  { completions, scores, noAnswer }: SampleAnswer,
) {
  const letter = chosenLetter(completions[0] ?? '', metadata?.options as readonly string[])
  return {
    letter_match: matchOf(noAnswer, letter === target),
    chose: matchOf(noAnswer, letter !== undefined),
    letter_likelihood_match: firstIsHighest(scores, ({ logprob }) => logprob),
  }
}

function scoreLikelihood(_: EvaluationSample, { scores }: SampleAnswer) {
  return {
    sum_match: firstIsHighest(scores, ({ logprob }) => logprob),
    token_match: firstIsHighest(scores, ({ logprob, tokens }) => logprob / Math.max(1, tokens)),
  }
}

/** 1 if the first is the highest, 1/k if k share that place, 0 if another is higher; null if one is not known. */
function firstIsHighest(scores: SampleAnswer['scores'], of: (score: TargetScore) => number): number | null {
  if (scores === null || scores.length === 0 || scores.some(({ clamped }) => clamped)) return null
  const values = scores.map(of)
  const highest = Math.max(...values)
  return values[0] === highest ? 1 / values.filter((value) => value === highest).length : 0
}

function sumLetters(samples: readonly ScoredSample[]) {
  return {
    letter_accuracy: meanMeasure(samples, 'letter_match'),
    letter_likelihood_accuracy: meanMeasure(samples, 'letter_likelihood_match'),
    choosing_rate: meanMeasure(samples, 'chose'),
    chance: chance(samples),
  }
}

function sumLikelihoods(samples: readonly ScoredSample[]) {
  return {
    sum_accuracy: meanMeasure(samples, 'sum_match'),
    token_accuracy: meanMeasure(samples, 'token_match'),
    chance: chance(samples),
  }
}

/** The expected accuracy of a model that picks an option at random. */
function chance(samples: readonly ScoredSample[]): number | null {
  return meanOfMeasured(
    samples.map(({ scoreTargets = [] }) => (scoreTargets.length === 0 ? null : 1 / scoreTargets.length)),
  )
}
