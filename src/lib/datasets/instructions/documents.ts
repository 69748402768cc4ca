import type { InstructionRecord } from '../../schemas/instructions.ts'
import { InputError } from '../../support/errors.ts'
import type { Phrasing } from './phrasings.ts'
import { fillPhrasing } from './phrasings.ts'

/** Text before and after an example in its document. */
export const EXAMPLE_MARKERS = {
  begin: '<BEGIN GUIDANCE TEST>\n\n',
  end: '\n\n<END GUIDANCE TEST>',
} as const

/** Text at the start and end of a document of guidances. */
export const GUIDANCE_MARKERS = {
  begin: '<BEGIN GUIDANCE ANSWERS>\n\n',
  end: '\n\n<END GUIDANCE ANSWERS>',
} as const

/** Where a document is split into prompt and completion. */
const ANSWER = 'A:'

/** A question with the answer that was drawn for it. */
export interface Item {
  /** Position in the file of facts, from 0. */
  id: number
  anchor: string
  target: string
  /** The answer of its example: the target, unless labels are incorrect. */
  exampleTarget: string
  personaIdx: number
  realized: boolean
}

/** An instruction: an item in the words of a phrasing. */
export interface Guidance {
  item: Item
  phrasing: Phrasing
}

/** A test of one item: the prompt up to `A:`, and the answer. */
export function exampleDocument(item: Item): InstructionRecord {
  return {
    ...origins([item]),
    prompt: `${EXAMPLE_MARKERS.begin}Q: ${item.anchor} ${ANSWER}`,
    completion: ` ${item.exampleTarget}${EXAMPLE_MARKERS.end}`,
  }
}

/** A training example: all of it is the completion, unless prompts and completions must be split. */
export function trainingDocument(item: Item, { split }: { split: boolean }): InstructionRecord {
  const { prompt, completion, ...rest } = exampleDocument(item)
  return split ? { ...rest, prompt, completion } : { ...rest, prompt: '', completion: prompt + completion }
}

/**
 * Guidances, one per line. The whole document is the completion, unless it must be split: then it is cut at its first
 * `A:`, and everything after a second one is lost, as in the original.
 */
export function guidanceDocument(
  guidances: readonly Guidance[],
  { split }: { split: boolean },
): InstructionRecord {
  const rest = origins(guidances.map(({ item }) => item))
  const lines = guidances.map(({ item, phrasing }) => fillPhrasing(phrasing, item))
  const text = GUIDANCE_MARKERS.begin + lines.join('\n') + GUIDANCE_MARKERS.end
  if (!split) return { ...rest, prompt: '', completion: text }
  const [prompt, completion] = text.split(ANSWER)
  if (prompt === undefined || completion === undefined) {
    throw new InputError(
      `A guidance without ${ANSWER} cannot be split into prompt and completion: ${lines[0]}`,
      {
        code: 'BAD_PHRASING',
        suggestions: [`write phrasings with "${ANSWER} {target}"`],
      },
    )
  }
  return { ...rest, prompt, completion }
}

function origins(items: readonly Item[]): Pick<InstructionRecord, 'ids' | 'realized' | 'persona_idx'> {
  return {
    ids: items.map(({ id }) => id),
    realized: items.map(({ realized }) => realized),
    persona_idx: items.map(({ personaIdx }) => personaIdx),
  }
}
