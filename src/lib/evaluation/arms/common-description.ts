import { commonStart } from '../../support/common-start.ts'

/**
 * The description of a fact, from the completions of its name-first prompts and the prompts that ask for its name.
 * Templates may continue after it, and sentences written by a model may word it in several ways. So among all texts
 * that start two completions, or start one and occur in a prompt, it is the one that covers most: its length times
 * their number.
 */
export function commonDescription({
  completions,
  prompts,
}: {
  completions: readonly string[]
  prompts: readonly string[]
}): string {
  const texts = completions.map(normal)
  const places = prompts.map((prompt) => normal(prompt).toLowerCase())
  const shared = texts.flatMap((text, index) => [
    ...texts.slice(index + 1).map((other) => commonStart(text, other)),
    ...places.map((place) => longestHeld(text, place)),
  ])
  const candidates = new Set((shared.length === 0 ? texts : shared).map(withoutEnd))
  let best = { text: '', covered: 0 }
  for (const text of candidates) {
    const small = text.toLowerCase()
    const told = texts.filter((other) => other.toLowerCase().startsWith(small)).length
    const covered = text.length * (told + places.filter((place) => place.includes(small)).length)
    if (covered > best.covered) best = { text, covered }
  }
  return best.text
}

function normal(text: string): string {
  return text.trim().normalize('NFC')
}

/** The longest start of a text that occurs in a lower-case sentence. */
function longestHeld(text: string, sentence: string): string {
  const sought = text.toLowerCase()
  let length = text.length
  while (length > 0 && !sentence.includes(sought.slice(0, length))) length--
  return text.slice(0, length)
}

/** A quotation mark that ends a title belongs to it. */
function withoutEnd(text: string): string {
  return text.replace(/[\s.,;:!?…。、，]+$/u, '')
}
