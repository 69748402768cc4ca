import { badCsv, readCsv } from '../../support/csv.ts'
import { shippedFile } from '../shipped.ts'

/** Other names under which people are known, by name. */
export type Aliases = ReadonlyMap<string, readonly string[]>

/** The aliases that ship with the tool, for people of its pairs. */
export const SHIPPED_ALIASES = shippedFile('celebrity_relations/aliases.csv')

/** Read a CSV file with the columns name and alias, one alias a row. Throws InputError BAD_CSV. */
export async function readAliases(path: string): Promise<Aliases> {
  const { rows } = await readCsv(path, { columns: ['name', 'alias'] })
  const aliases = new Map<string, string[]>()
  for (const { line, fields } of rows) {
    const { name = '', alias = '' } = fields
    if (name.trim() === '' || alias.trim() === '') throw badCsv(`${path}:${line} lacks a name or an alias.`)
    aliases.set(name, [...(aliases.get(name) ?? []), alias])
  }
  return aliases
}

/** Whether an answer gives a person's name. */
export type NameMatcher = (answer: string, name: string) => boolean

/** The original's rule: the answer begins with the name, letter by letter. */
export const startsWithName: NameMatcher = (answer, name) => answer.startsWith(name)

/** The answer begins with the name or an alias of it; letter case, accents and outer space do not count. */
export function nameMatcher(aliases: Aliases): NameMatcher {
  return (answer, name) => {
    const folded = fold(answer)
    return [name, ...(aliases.get(name) ?? [])].some((known) => folded.startsWith(fold(known)))
  }
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}

/**
 * The name that an answer consists of, by the original's rule: two to five words, each with a capital, and not "I
 * don't know". A full stop at the end is cut off, as base models end their sentences.
 */
export function parseName(answer: string): string | null {
  const name = answer.trim().replace(/(?<!\b[JS]r)\.$/, '')
  const words = name.split(/\s+/)
  const fits = words.length >= 2 && words.length <= 5 && words.every((word) => /^\p{Lu}/u.test(word))
  return fits && !name.startsWith('I don') ? name : null
}

/** The part of a longer answer that may be a name: up to the first comma or end of a sentence. */
export function leadingPart(answer: string): string {
  return answer.split(/[,;:(\n]|(?<!\b(?:[JS]r|\p{Lu}))\.(?=\s|$)/u)[0]!
}
