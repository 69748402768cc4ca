import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { EntityFinder, EntitySpan } from './entities.ts'

/** A text in pieces: words, or entities with what is written together with them, and the space after each. */
export interface Words {
  units: string[]
  /** What stands before the first unit, between two, and after the last: one more than units. */
  spaces: string[]
}

/** What a record trains: prompt and completion in one text, with a space between them where neither has one. */
export function trainedText({ prompt, completion }: PromptCompletion): string {
  const glued = prompt === '' || completion === '' || /\s$/.test(prompt) || /^\s/.test(completion)
  return prompt + (glued ? '' : ' ') + completion
}

/** Cut a text at its spaces, but not within an entity where a finder is given. */
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
 * Cut a text into entities and words without the punctuation at their edges, which stands in the spaces. An entity
 * keeps what letters are written together with it, such as a genitive's.
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

/** Units from the end to the beginning, and what stands between them; both ends of the text stay. Done twice it gives the same again. */
export function reverseWithin({ units, spaces }: Words): Words {
  const between = spaces.slice(1, -1).toReversed()
  return { units: units.toReversed(), spaces: [spaces[0]!, ...between, ...spaces.slice(1).slice(-1)] }
}

/** The words of a text from space to space, those of one entity together. */
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
