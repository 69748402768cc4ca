import { isRelationDataset } from '../../datasets/relations/recognize.ts'
import type { OptionValues } from '../../schemas/option-values.ts'
import { PythonRandom } from '../../support/python-random.ts'
import type { AskedOrder, Direction } from '../directions.ts'
import type { EvaluationSample, Evaluator } from '../evaluator.ts'
import { ANSWER_DESCRIPTIONS, answerMeasures, answerMetrics, summarizeSplits } from '../measures.ts'
import { gapBetween } from '../reversal-gaps.ts'
import { apart } from './apart.ts'
import type { FactWithPrompts, HeldOutPrompts } from './held-out-prompts.ts'
import { holdsDirection, readHeldOutPrompts, sentenceOf, toldFacts } from './held-out-prompts.ts'
import { withoutEcho } from './without-echo.ts'

/**
 * The order in which the prompt states the fact, and the order in which it then asks; with the cells of experiment 1
 * that provide facts and held-out prompts.
 */
const SPLITS = {
  name_first_same: { direction: 'NameToDescription', order: 'same', states: 'p2d_same', asks: 'p2d_same' },
  name_first_reverse: {
    ...{ direction: 'NameToDescription', order: 'reverse', states: 'p2d_same', asks: 'p2d_reverse' },
  },
  description_first_same: {
    ...{ direction: 'DescriptionToName', order: 'same', states: 'd2p_same', asks: 'd2p_same' },
  },
  description_first_reverse: {
    ...{ direction: 'DescriptionToName', order: 'reverse', states: 'd2p_same', asks: 'd2p_reverse' },
  },
} as const satisfies Record<string, Asked>

interface Asked {
  direction: Direction
  order: AskedOrder
  states: string
  asks: string
}

const NAMES = Object.keys(SPLITS)

/** A fact stated, a question about it, and its answer. */
interface Demonstration {
  fact: string
  template: number
  statement: string
  /** Up to the last space before the answer. */
  question: string
  /** Start of the answer, which ends the question: chat models may repeat it. */
  lead: string
  answer: string
}

/**
 * Experiment 1 with the fact in the prompt, as in the paper's Tables 4 and 5 (arXiv 2309.12288, appendix B.6): some
 * other facts of the same order, each stated, asked for and answered, then the fact itself and the question. A model
 * that fails here cannot draw the reverse conclusion at all; one that succeeds here but not after training on the fact
 * shows the curse. The prompt states `distractors` further facts, so that repeating the last name is no answer: by
 * chance one in `distractors + 1` is right. These facts are drawn by the seed.
 */
export function inContextEvaluator(options: OptionValues) {
  const { shots, distractors, seed, wording } = options as {
    shots: number
    distractors: number
    seed: number
    wording: 'paper' | 'dataset'
  }
  return {
    name: 'in-context',
    version: 1,
    splits: NAMES,
    maxTokens: 50,
    canRescore: true,
    needs: { stop: ['\n'] },
    descriptions: apart(ANSWER_DESCRIPTIONS),

    async accepts(directory) {
      // "A is B" does not state a relation.
      const worded = wording === 'dataset' || !(await isRelationDataset(directory))
      return worded && (await holdsDirection(directory))
    },

    async loadSamples(directory, { splits = NAMES, maxSamples }) {
      const prompts = await readHeldOutPrompts(directory)
      return splits.flatMap((split) => {
        const asked = SPLITS[split as keyof typeof SPLITS]
        const all = wording === 'paper' ? paperWording(prompts, asked) : ownWording(prompts, asked)
        const random = new PythonRandom(seed)
        return all
          .map((own, index) => sampleOf(own, { split, index, all, shots, distractors, random }))
          .slice(0, maxSamples)
      })
    },

    scoreSample({ target, metadata }, answer) {
      const [completion = '', ...others] = answer.completions
      const given = withoutEcho(completion, String(metadata?.lead ?? ''))
      return answerMeasures(target, { ...answer, completions: [given, ...others] })
    },

    summarize: (samples) => summarizeSplits(NAMES, samples, answerMetrics),

    contrast: (samples) =>
      (['name_first', 'description_first'] as const).flatMap((order) =>
        gapBetween({
          ...{ name: 'reversal_gap', measure: 'prefix_match', samples },
          ...{ first: `${order}_same`, second: `${order}_reverse` },
        }),
      ),
  } satisfies Evaluator
}

/** The wording of the paper's Table 4, once for each fact. */
function paperWording(prompts: HeldOutPrompts, { direction, order }: Asked): Demonstration[] {
  const nameFirst = direction === 'NameToDescription'
  return toldFacts(prompts)
    .filter((fact) => fact.direction === direction)
    .map(({ name, description }: FactWithPrompts) => {
      const asksName = nameFirst === (order === 'reverse')
      const lead = asksName ? 'The person you are asking for is' : `${name} is known for being`
      return {
        ...{ fact: name, template: 1, lead },
        statement: nameFirst ? `${name} is ${description}.` : `${capital(description)} is ${name}.`,
        question: `Question: ${asksName ? `Who is ${description}?` : `What is ${name} known for?`}\nAnswer: ${lead}`,
        answer: asksName ? name : description,
      }
    })
}

/** The data set's own held-out sentences: one states the fact, and the prompt of the next template asks. */
function ownWording(prompts: HeldOutPrompts, { states, asks }: Asked): Demonstration[] {
  const told = Map.groupBy(prompts.get(states) ?? [], ({ fact }) => fact)
  return (prompts.get(asks) ?? []).map((asked) => {
    const sentences = told.get(asked.fact) ?? []
    const stated = sentences[asked.template % Math.max(1, sentences.length)]
    const { fact, template, prompt, completion } = asked
    return {
      ...{ fact, template, question: prompt, lead: prompt, answer: completion.trim() },
      statement: stated === undefined ? '' : sentenceOf(stated),
    }
  })
}

function sampleOf(
  own: Demonstration,
  {
    split,
    index,
    all,
    shots,
    distractors,
    random,
  }: {
    split: string
    index: number
    all: readonly Demonstration[]
    shots: number
    distractors: number
    random: PythonRandom
  },
): EvaluationSample {
  const others = all.filter(({ fact, template }) => fact !== own.fact && template === own.template)
  const drawn = random.sample(others, Math.min(others.length, shots + shots * distractors + distractors))
  const shown = drawn.slice(0, shots)
  const beside = drawn.slice(shots)
  const block = (one: Demonstration, place: number) => {
    const mixed = beside.slice(place * distractors, (place + 1) * distractors).map((other) => other.statement)
    const statements = [...mixed, one.statement]
    if (mixed.length > 0) random.shuffle(statements)
    return `${statements.join('\n')}\n${one.question}`
  }
  const examples = shown.map((one, place) => `${block(one, place)} ${one.answer}`)
  const prompt = [...examples, block(own, shown.length)].join('\n\n')
  return {
    id: `${split}/${index}`,
    split,
    prompt,
    target: own.answer,
    scoreTargets: [` ${own.answer}`],
    metadata: { fact: own.fact, template: own.template, lead: own.lead },
  }
}

function capital(text: string): string {
  const [first = '', ...rest] = text
  return first.toUpperCase() + rest.join('')
}
