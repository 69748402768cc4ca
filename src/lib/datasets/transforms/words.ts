import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { EntityFinder, EntitySpan } from './entities.ts'

/** A text in units: words, or entities with the letters attached to them, and the spaces between them. */
export interface Words {
  units: string[]
  /** The text before the first unit, between two units, and after the last: one more than units. */
  spaces: string[]
}

/** The training text of a record: prompt and completion, with a space between them if neither has one. */
export function trainedText({ prompt, completion }: PromptCompletion): string {
  const glued = prompt === '' || completion === '' || /\s$/.test(prompt) || /^\s/.test(completion)
  return prompt + (glued ? '' : ' ') + completion
}

/** Splits a text at its spaces, but not within an entity if a finder is given. */
export function cutWords(text: string, finder?: EntityFinder): Words {
  const units: string[] = []
  const spaces: string[] = []
  let before = 0
  for (const { from, to } of runs(text, finder?.find(text) ?? [])) {
    spaces.push(text.slice(before, from))
    units.push(text.slice(from, to))
    before = to
  }
  return { units, spaces: [...spaces, text.slice(before)] }
}

/**
 * Splits a text into entities and words without the punctuation at their edges, which goes into the spaces. An entity
 * keeps letters attached to it, such as a genitive's.
 */
export function cutEntities(text: string, finder: EntityFinder): Words {
  const spans = finder.find(text)
  const units: string[] = []
  const spaces: string[] = []
  let before = 0
  for (const { from, to } of runs(text, spans)) {
    const own = spans.filter(({ start, end }) => start < to && from < end)
    const first = own[0]?.start ?? to
    const last = own.at(-1)?.end ?? from
    let start = from
    let end = to
    start += /^[\p{P}\p{S}]*/u.exec(text.slice(from, first))![0].length
    end -= /[\p{P}\p{S}]*$/u.exec(text.slice(Math.max(last, start), to))![0].length
    if (start >= end) continue
    spaces.push(text.slice(before, start))
    units.push(text.slice(start, end))
    before = end
  }
  return { units, spaces: [...spaces, text.slice(before)] }
}

/** The text of the pieces in their order. */
export function joinWords({ units, spaces }: Words): string {
  return spaces.map((space, index) => space + (units[index] ?? '')).join('')
}

/** Units and spaces from the end to the beginning. Done twice it gives the same again. */
export function reverseWords({ units, spaces }: Words): Words {
  return { units: units.toReversed(), spaces: spaces.toReversed() }
}

/**
 * Reverses the order of the units and of the text between them; both ends of the text stay. Applied twice it restores
 * the text.
 */
export function reverseWithin({ units, spaces }: Words): Words {
  const between = spaces.slice(1, -1).toReversed()
  return { units: units.toReversed(), spaces: [spaces[0]!, ...between, ...spaces.slice(1).slice(-1)] }
}

/** The words of a text, split at spaces; the words of one entity stay together. */
function* runs(text: string, spans: readonly EntitySpan[]): Generator<{ from: number; to: number }> {
  let open: { from: number; to: number } | undefined
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const from = index
    const to = index + word.length
    const inside = spans.some(({ start, end }) => start < from && from < end)
    if (open !== undefined && inside) {
      open.to = to
      continue
    }
    if (open !== undefined) yield open
    open = { from, to }
  }
  if (open !== undefined) yield open
}
