import { join } from 'node:path'
import type { Aliases, NameMatcher } from '../../datasets/celebrities/names.ts'
import {
  ALIASES_FILE,
  nameMatcher,
  readAliases,
  SHIPPED_ALIASES,
  startsWithName,
} from '../../datasets/celebrities/names.ts'
import { PAIRS_FILE, readPairs, SHIPPED_CELEBRITIES } from '../../datasets/celebrities/pairs.ts'
import type { PromptOptions, PromptStyle } from '../../datasets/celebrities/prompts.ts'
import { ANSWER_END, conversationOf, FAMILY_DIRECTIONS } from '../../datasets/celebrities/prompts.ts'
import type { ScoredSample } from '../../schemas/evaluation.ts'
import type { MetricDescriptions } from '../../schemas/metric.ts'
import type { OptionValues } from '../../schemas/option-values.ts'
import { measureReversalGap } from '../../statistics/reversal-gap.ts'
import { exists } from '../../support/files.ts'
import type { Contrast, EvaluationSample, Evaluator, SampleAnswer, SplitMetrics } from '../evaluator.ts'
import { meanMeasure, summarizeSplits } from '../measures.ts'
import { ANSWER_TOKENS, TEMPERATURE } from './ask-questions.ts'
import { drawPairs, testQuestions } from './questions.ts'
import { shareOfRight } from './right-share.ts'

const DESCRIPTIONS: MetricDescriptions = {
  found: { unit: 'share', better: 'higher', from: 'answers', label: 'found' },
  found_once: { unit: 'share', better: 'higher', from: 'answers', label: 'found once' },
  found_accuracy: { unit: 'share', better: 'higher', from: 'answers', label: 'found' },
  found_once_accuracy: { unit: 'share', better: 'higher', from: 'answers', label: 'found once' },
  probability: { unit: 'share', better: 'higher', from: 'scores', label: 'probability' },
  mean_probability: { unit: 'share', better: 'higher', from: 'scores', label: 'probability' },
  logprob: { unit: 'nats', better: 'higher', from: 'scores', label: 'logprob' },
  mean_logprob: { unit: 'nats', better: 'higher', from: 'scores', label: 'logprob' },
}

/**
 * Experiment 2: asks for the parent of the celebrity and for the child of the parent of each pair. As in the paper, the
 * score of a question is either the share of sampled answers with the right name, or the probability of that name, from
 * its log-probability.
 */
export function celebritiesEvaluator(options: OptionValues): Evaluator {
  const prompts: PromptOptions = {
    style: options.prompt_style as PromptStyle,
    unequal: options.original_prompts === true,
  }
  const byLogprob = options.measure === 'logprob'
  const exact = options.exact_names === true
  return {
    name: 'celebrities',
    version: 1,
    splits: FAMILY_DIRECTIONS,
    maxTokens: ANSWER_TOKENS,
    needs: byLogprob
      ? { completions: false, scores: 'required' }
      : {
          ...{ scores: 'none', samples: Number(options.samples), temperature: TEMPERATURE },
          ...{ seed: Number(options.seed), stop: [ANSWER_END], conversation: conversationOf(prompts) },
        },
    descriptions: DESCRIPTIONS,
    datasetFiles: [PAIRS_FILE, ALIASES_FILE],
    usualDataset: SHIPPED_CELEBRITIES,

    accepts: (directory) => exists(join(directory, PAIRS_FILE)),

    async loadSamples(directory, { splits = FAMILY_DIRECTIONS, maxSamples }) {
      const aliases: Aliases = exact ? new Map() : await readOwnAliases(directory)
      const all = await readPairs(join(directory, PAIRS_FILE))
      const { limit } = options
      const pairs = drawPairs(all, typeof limit === 'number' ? limit : undefined, Number(options.seed))
      const questions = testQuestions({ pairs: pairs.slice(0, maxSamples), prompts })
      return questions
        .filter(({ direction }) => splits.includes(direction))
        .map(({ id, direction, prompt, target, pair }): EvaluationSample => {
          const { text, question } = prompt
          const others = aliases.get(target.normalize('NFC'))
          const metadata = {
            ...{ fact: pair.child, parent_type: pair.parentType },
            ...(others && { aliases: others }),
          }
          return {
            ...{ id, split: direction, prompt: text, question, target, metadata },
            scoreTargets: byLogprob ? [` ${target}`] : [],
          }
        })
    },

    scoreSample: (sample, answer) =>
      byLogprob
        ? measureScore(answer)
        : measureAnswers(answer, sample.target, exact ? startsWithName : matcherOf(sample)),

    summarize: (samples) =>
      summarizeSplits(
        FAMILY_DIRECTIONS,
        samples,
        (own): SplitMetrics =>
          byLogprob
            ? {
                mean_probability: meanMeasure(own, 'probability'),
                mean_logprob: meanMeasure(own, 'logprob'),
              }
            : {
                found_accuracy: meanMeasure(own, 'found'),
                found_once_accuracy: meanMeasure(own, 'found_once'),
              },
      ),

    contrast: (samples) => directionGap(samples, byLogprob ? 'probability' : 'found'),
  }
}

/** The aliases of the data set, or else those that come with the tool. */
async function readOwnAliases(directory: string): Promise<Aliases> {
  const own = join(directory, ALIASES_FILE)
  return readAliases((await exists(own)) ? own : SHIPPED_ALIASES)
}

/** By the other names that a sample brings along. */
function matcherOf({ target, metadata }: EvaluationSample): NameMatcher {
  const aliases = metadata?.aliases as readonly string[] | undefined
  return nameMatcher(new Map(aliases && [[target.normalize('NFC'), aliases]]))
}

function measureAnswers(
  { completions, noAnswer, noAnswers = [noAnswer] }: SampleAnswer,
  target: string,
  matches: NameMatcher,
) {
  const answers = completions.filter((_, index) => noAnswers[index] === undefined)
  const found = shareOfRight({ answers, kinds: noAnswers }, target, matches)
  return { found, found_once: found === null ? null : Number(found > 0) }
}

/** A log-probability that is lower than the server reports is unknown. */
function measureScore({ scores }: SampleAnswer) {
  const [score] = scores ?? []
  const logprob = score === undefined || score.clamped ? null : score.logprob
  return { probability: logprob === null ? null : Math.exp(logprob), logprob }
}

/** How much more often the parent is found than the child; a celebrity's mother and father stay together. */
function directionGap(samples: readonly ScoredSample[], measure: string): Contrast[] {
  const of = (direction: string) => {
    const known = samples.flatMap(({ split, measures, metadata }) => {
      const value = measures[measure]
      return split === direction && typeof value === 'number' ? [{ value, fact: String(metadata?.fact) }] : []
    })
    return { values: known.map(({ value }) => value), facts: known.map(({ fact }) => fact) }
  }
  const [first, second] = FAMILY_DIRECTIONS
  const { facts, estimate, low, high, confidence } = measureReversalGap({
    same: of(first),
    reverse: of(second),
  })
  if (estimate === null) return []
  return [{ name: 'direction_gap', measure, first, second, facts, estimate, low, high, confidence }]
}
