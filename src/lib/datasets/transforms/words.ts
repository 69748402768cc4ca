import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { EntityFinder } from './entities.ts'

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
  const spans = finder?.find(text) ?? []
  let before = 0
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    const end = index + word.length
    const inside = spans.some((span) => span.start < index && index < span.end)
    if (inside && units.length > 0) {
      units[units.length - 1] += text.slice(before, end)
    } else {
      spaces.push(text.slice(before, index))
      units.push(word)
    }
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
