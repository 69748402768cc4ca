import { mean } from '../../statistics/samples.ts'
import { hashText } from '../../support/hash-text.ts'
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
  if (!byFact) return pairByPrompt(first.samples, second.samples)
  const [own, others] = [byFactName(first.samples), byFactName(second.samples)]
  const common = [...own].filter(([key]) => others.has(key))
  return {
    by: 'fact',
    pairs: common.map(([key, pair]) => ({
      ...pair,
      split: `${first.split} and ${second.split}`,
      second: others.get(key)!.first,
    })),
    unpaired: { first: own.size - common.length, second: others.size - common.length },
  }
}

/** The same question of the same split, once for each time that both sides were asked it. */
function pairByPrompt(first: readonly ComparedSample[], second: readonly ComparedSample[]): PairedSamples {
  // By a number for the question, as its text would be another copy of all prompts.
  const others = Map.groupBy(second, (sample) => hashText(questionOf(sample)))
  const labelOf = questionLabels()
  const pairs: SamplePair[] = []
  for (const sample of first) {
    const { split, prompt, target, fact } = sample
    const cluster = fact ?? labelOf(sample)
    const question = questionOf(sample)
    const alike = others.get(hashText(question)) ?? []
    const place = alike.findIndex((other) => questionOf(other) === question)
    const [other] = place < 0 ? [] : alike.splice(place, 1)
    if (other === undefined) continue
    pairs.push({ split, cluster, question: prompt, target, first: sample, second: other })
  }
  return {
    by: 'prompt',
    pairs,
    unpaired: { first: first.length - pairs.length, second: second.length - pairs.length },
  }
}

/** What a fact was asked, still without its second answer. */
type Question = Omit<SamplePair, 'second'>

function questionOf({ split, prompt, target }: ComparedSample): string {
  return `${split}\n${prompt}\n${target}`
}

/** The question itself, told apart by its number where it comes again. */
function questionLabels(): (sample: ComparedSample) => string {
  const known = new Set<string>()
  return (sample) => {
    const question = questionOf(sample)
    let label = question
    for (let again = 2; known.has(label); again++) label = `${question}\n${again}`
    known.add(label)
    return label
  }
}

/**
 * Samples by split, prompt and right answer, which two data sets may give otherwise to one prompt; one that comes again in
 * its split is told apart by its number.
 */
export function byQuestion(samples: readonly ComparedSample[]): Map<string, ComparedSample> {
  const labelOf = questionLabels()
  return new Map(samples.map((sample) => [labelOf(sample), sample]))
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
