import { InputError } from '../../support/errors.ts'
import { foldCase } from '../../support/fold-case.ts'
import { splitLines } from '../../support/lines.ts'
import type { DatasetFact } from '../dataset-facts.ts'

/** Position of an entity in a text, as UTF-16 offsets. */
export interface EntitySpan {
  start: number
  end: number
  entity: string
}

interface Form {
  entity: string
  text: string
  /** Offset of its first word. */
  offset: number
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu
const WORD_CHARACTER = /[\p{L}\p{M}\p{N}]/u

/**
 * Finds names and descriptions in texts, as whole words, in any Unicode form; their first letter may be capitalized at
 * the start of a sentence. The leftmost and longest match wins.
 */
export class EntityFinder {
  readonly #byFirstWord = new Map<string, Form[]>()

  constructor(entities: Iterable<string>) {
    for (const entity of new Set(entities)) {
      for (const text of new Set([entity, entity.normalize('NFC'), entity.normalize('NFD')])) {
        const [first] = text.matchAll(WORD)
        if (first === undefined) continue
        const key = foldCase(first[0])
        const forms = this.#byFirstWord.get(key) ?? []
        forms.push({ entity, text, offset: first.index })
        this.#byFirstWord.set(key, forms)
      }
    }
    for (const forms of this.#byFirstWord.values()) forms.sort((a, b) => b.text.length - a.text.length)
  }

  find(text: string): EntitySpan[] {
    const spans: EntitySpan[] = []
    let free = 0
    for (const { 0: word, index } of text.matchAll(WORD)) {
      for (const { entity, text: form, offset } of this.#byFirstWord.get(foldCase(word)) ?? []) {
        const start = index - offset
        const end = start + form.length
        if (start < free || !sameStart(text.slice(start, end), form) || continues(text, end)) continue
        spans.push({ start, end, entity })
        free = end
        break
      }
    }
    return spans
  }
}

/** Equal except for the case of the first letter. */
function sameStart(a: string, b: string): boolean {
  return a === b || (a.slice(1) === b.slice(1) && a.slice(0, 1).toLowerCase() === b.slice(0, 1).toLowerCase())
}

function continues(text: string, end: number): boolean {
  return WORD_CHARACTER.test(text.slice(end, end + 2).match(/^./u)?.[0] ?? '')
}

/**
 * Parses a file of entities: one per line, or a name and its description separated by a tab, which is a fact. Empty
 * lines are ignored. Throws InputError BAD_ENTITIES.
 */
export function parseEntities(text: string): { entities: string[]; facts: DatasetFact[] } {
  const entities: string[] = []
  const facts: DatasetFact[] = []
  for (const [index, line] of splitLines(text).entries()) {
    if (line.trim() === '') continue
    const parts = line.split('\t').map((part) => part.trim())
    const [name = '', description = ''] = parts
    if (parts.length > 2 || parts.includes('')) {
      throw new InputError(
        `Line ${index + 1} of the file of entities is neither a name nor a name and a description with one tab between them: ${line.trim()}`,
        { code: 'BAD_ENTITIES' },
      )
    }
    entities.push(...parts)
    if (parts.length === 2) facts.push({ name, description })
  }
  if (entities.length === 0) {
    throw new InputError('The file of entities is empty.', { code: 'BAD_ENTITIES' })
  }
  return { entities, facts }
}
