import { isRelationDataset } from '../../datasets/relations/recognize.ts'
import type { AskedOrder, Direction } from '../directions.ts'
import { DIRECTIONS } from '../directions.ts'
import type { EvaluationSample, Evaluator } from '../evaluator.ts'
import { ANSWER_DESCRIPTIONS, answerMeasures, answerMetrics, summarizeSplits } from '../measures.ts'
import { gapBetween } from '../reversal-gaps.ts'
import { apart } from './apart.ts'
import type { FactWithPrompts } from './held-out-prompts.ts'
import { holdsDirection, readHeldOutPrompts, toldFacts } from './held-out-prompts.ts'
import { withoutEcho } from './without-echo.ts'

export const FORMS = ['statement', 'question'] as const
export type Form = (typeof FORMS)[number]

/** Each prompt ends before the answer; no data set's templates contain these. */
export const FORM_WORDINGS: Readonly<Record<Form, Record<'name' | 'description', readonly string[]>>> = {
  statement: {
    description: [
      'In short, <name> is',
      'The world will remember <name> as',
      'To all who ask, <name> is simply',
    ],
    name: [
      'In short, <description> is',
      'The world knows <description> by the name of',
      'To all who ask, <description> is simply',
    ],
  },
  question: {
    description: [
      'Question: Who exactly is <name>?\nAnswer: That is',
      'Question: What is <name> known for?\nAnswer: For being',
      'Question: How would you describe <name>?\nAnswer: As',
    ],
    name: [
      'Question: Who exactly is <description>?\nAnswer: That is',
      'Question: What is the name of <description>?\nAnswer: It is',
      'Question: How would you address <description>?\nAnswer: As',
    ],
  },
}

const KEYS = { NameToDescription: 'p2d', DescriptionToName: 'd2p' } as const

const SPLITS: readonly { split: string; direction: Direction; order: AskedOrder; form: Form }[] =
  FORMS.flatMap((form) =>
    DIRECTIONS.flatMap((direction) =>
      (['same', 'reverse'] as const).map((order) => ({
        split: `${KEYS[direction]}_${order}_${form}`,
        ...{ direction, order, form },
      })),
    ),
  )

const NAMES = SPLITS.map(({ split }) => split)

/**
 * The facts of experiment 1 in one form at a time. The held-out prompts of its data sets mix both forms, and models
 * that were trained on statements may fail on questions because of their form. Here each form is asked in three
 * wordings of its own, in both orders, so that the effect of form can be distinguished from that of order. Measured as
 * in `reverse`.
 */
export const formsEvaluator = {
  name: 'forms',
  version: 1,
  splits: NAMES,
  maxTokens: 50,
  canRescore: true,
  descriptions: apart(ANSWER_DESCRIPTIONS),

  async accepts(directory) {
    return (await holdsDirection(directory)) && !(await isRelationDataset(directory))
  },

  async loadSamples(directory, { splits = NAMES, maxSamples }) {
    const facts = toldFacts(await readHeldOutPrompts(directory))
    return splits.flatMap((split) => {
      const asked = SPLITS.find((own) => own.split === split)!
      return facts
        .filter(({ direction }) => direction === asked.direction)
        .flatMap((fact) => samplesOf(fact, asked))
        .map((sample, index): EvaluationSample => ({ ...sample, id: `${split}/${index}`, split }))
        .slice(0, maxSamples)
    })
  },

  scoreSample({ target, prompt }, answer) {
    const [completion = '', ...others] = answer.completions
    const lead = prompt.split('\nAnswer: ').at(-1)!
    return answerMeasures(target, { ...answer, completions: [withoutEcho(completion, lead), ...others] })
  },

  summarize: (samples) => summarizeSplits(NAMES, samples, answerMetrics),

  contrast: (samples) =>
    FORMS.flatMap((form) =>
      DIRECTIONS.flatMap((direction) =>
        gapBetween({
          ...{ name: 'reversal_gap', measure: 'prefix_match', samples },
          first: `${KEYS[direction]}_same_${form}`,
          second: `${KEYS[direction]}_reverse_${form}`,
        }),
      ),
    ),
} satisfies Evaluator

/** Samples without their split and position. */
function samplesOf(
  { name, description }: FactWithPrompts,
  { direction, order, form }: (typeof SPLITS)[number],
) {
  const asks = (direction === 'NameToDescription') === (order === 'same') ? 'description' : 'name'
  const target = asks === 'name' ? name : description
  return FORM_WORDINGS[form][asks].map((wording, index) => ({
    prompt: wording.replaceAll('<name>', () => name).replaceAll('<description>', () => description),
    target,
    scoreTargets: [` ${target}`],
    metadata: { fact: name, template: index + 1 },
  }))
}
