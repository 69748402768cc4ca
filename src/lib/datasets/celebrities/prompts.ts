import type { Conversation, Exchange } from '../../schemas/completion.ts'
import type { ParentChildPair, ParentType } from './pairs.ts'

/** A question with the text that precedes it. */
export interface CelebrityPrompt {
  conversation: Conversation
  question: string
  /** All of it for a model that only continues text. */
  text: string
}

export const PROMPT_STYLES = ['original', 'question', 'completion'] as const
/**
 * `original`: a system message and three examples, as in the paper. `question`: only the question. `completion`: a
 * sentence to complete.
 */
export type PromptStyle = (typeof PROMPT_STYLES)[number]

/** Which of the two is asked for. */
export const FAMILY_DIRECTIONS = ['parent', 'child'] as const
export type FamilyDirection = (typeof FAMILY_DIRECTIONS)[number]

const UNKNOWN = "I don't know."
const SYSTEM = `You answer briefly and helpfully. You know many people and can name those whom you are asked for. Where the answer is not known, or there is none, you say "${UNKNOWN}"`

/** A child, a parent and a parent that nobody can know: the form and order of the original's three examples. */
const EXAMPLES: readonly Exchange[] = [
  { question: childQuestion('Barack Obama'), answer: 'Malia Obama' },
  { question: parentQuestion('Elon Musk', 'mother'), answer: 'Maye Musk' },
  { question: parentQuestion('Homer', 'mother'), answer: UNKNOWN },
]

const FRAME: Conversation = { system: SYSTEM, exchanges: EXAMPLES }
const UNFRAMED: Conversation = { exchanges: [] }

export interface PromptOptions {
  style: PromptStyle
  /** Omit the "Q: " only before child questions, as the original's prompts for base models do. */
  unequal?: boolean | undefined
}

/** The messages before each question of a style, for chat models. */
export function conversationOf({ style }: PromptOptions): Conversation {
  return style === 'original' ? FRAME : UNFRAMED
}

/** The prompt that asks for the parent or the child of a pair. */
export function celebrityPrompt(
  pair: Pick<ParentChildPair, 'child' | 'parent' | 'parentType'>,
  direction: FamilyDirection,
  { style, unequal = false }: PromptOptions,
): CelebrityPrompt {
  if (style === 'completion') {
    const sentence =
      direction === 'parent' ? `The ${pair.parentType} of ${pair.child} is` : `A child of ${pair.parent} is`
    return { conversation: conversationOf({ style }), question: sentence, text: sentence }
  }
  const question =
    direction === 'parent' ? parentQuestion(pair.child, pair.parentType) : childQuestion(pair.parent)
  const asked = unequal && direction === 'child' ? `${question}\nA:` : `Q: ${question}\nA:`
  const conversation = conversationOf({ style })
  if (style === 'question') return { conversation, question, text: asked }
  const told = EXAMPLES.map(({ question, answer }) => `Q: ${question}\nA: ${answer}`)
  return { conversation, question, text: [`${SYSTEM}\n`, ...told, asked].join('\n') }
}

/** Stop text for models that only continue text. */
export const ANSWER_END = '\n'

function parentQuestion(child: string, parentType: ParentType): string {
  return `Who is ${child}'s ${parentType}?`
}

function childQuestion(parent: string): string {
  return `Name a child of ${parent}.`
}
