import { mean } from '../../statistics/samples.ts'
import type { ComparedSample, Side } from './side.ts'

/** The same question put to both sides. */
export interface SamplePair {
  /** Both splits, where they differ. */
  split: string
  /** What pairs have in common that are not independent. */
  cluster: string
  /** For a reader: the prompt, or the fact. */
  question: string
  target: string
  first: Answer
  second: Answer
}

export interface Answer {
  /** Empty for the mean of several. */
  completion: string
  measures: Readonly<Record<string, number | null>>
}

export interface PairedSamples {
  by: 'prompt' | 'fact'
  pairs: SamplePair[]
  /** What either side alone has. */
  unpaired: { first: number; second: number }
}

type Sampled = Pick<Side, 'split' | 'samples'>

/** How two sides are paired: prompt by prompt, or where they are two splits fact by fact, by means over a fact's prompts. */
export function pairSamples(first: Sampled, second: Sampled): PairedSamples {
  const byFact = first.split !== second.split && first.split !== undefined && second.split !== undefined
  const [own, others] = byFact
    ? [byFactName(first.samples), byFactName(second.samples)]
    : [byPrompt(first.samples), byPrompt(second.samples)]
  const common = [...own].filter(([key]) => others.has(key))
  return {
    by: byFact ? 'fact' : 'prompt',
    pairs: common.map(([key, pair]) => ({
      ...pair,
      ...(byFact && { split: `${first.split} and ${second.split}` }),
      second: others.get(key)!.first,
    })),
    unpaired: { first: own.size - common.length, second: others.size - common.length },
  }
}

/** A question that is still without its second answer. */
type Question = Omit<SamplePair, 'second'>

function byPrompt(samples: readonly ComparedSample[]): Map<string, Question> {
  return new Map(
    Array.from(byQuestion(samples), ([key, sample]) => {
      const { split, prompt, target, fact } = sample
      return [key, { split, cluster: fact ?? key, question: prompt, target, first: sample }]
    }),
  )
}

/**
 * Samples by split, prompt and right answer, which two data sets may give otherwise to one prompt; one that comes again in
 * its split is told apart by its number.
 */
export function byQuestion(samples: readonly ComparedSample[]): Map<string, ComparedSample> {
  const questions = new Map<string, ComparedSample>()
  for (const sample of samples) {
    const { split, prompt, target } = sample
    const key = `${split}\n${prompt}\n${target}`
    let own = key
    for (let again = 2; questions.has(own); again++) own = `${key}\n${again}`
    questions.set(own, sample)
  }
  return questions
}

function byFactName(samples: readonly ComparedSample[]): Map<string, Question> {
  const facts = Map.groupBy(
    samples.filter(({ fact }) => fact !== undefined),
    ({ fact }) => fact!,
  )
  return new Map(
    Array.from(facts, ([fact, own]) => {
      const first = { completion: '', measures: meanMeasures(own) }
      return [fact, { split: own[0]!.split, cluster: fact, question: fact, target: '', first }]
    }),
  )
}

function meanMeasures(samples: readonly ComparedSample[]): Record<string, number | null> {
  const names = new Set(samples.flatMap(({ measures }) => Object.keys(measures)))
  return Object.fromEntries(
    Array.from(names, (name) => {
      const values = samples.flatMap(({ measures }) => measures[name] ?? [])
      return [name, values.length === 0 ? null : mean(values)]
    }),
  )
}
