import { badCsv, readCsv } from '../../support/csv.ts'
import { isMissingValue } from '../../support/missing-value.ts'
import { shippedFile } from '../shipped.ts'
import { foldName } from './fold-name.ts'

/** Other names under which people are known, by name in Unicode's normal form C. */
export type Aliases = ReadonlyMap<string, readonly string[]>

/** The aliases in the directory of a data set of experiment 2, which need not have any. */
export const ALIASES_FILE = 'aliases.csv'

/** The aliases that ship with the tool, for people of its pairs. */
export const SHIPPED_ALIASES = shippedFile(`celebrity_relations/${ALIASES_FILE}`)

/** Reads a CSV file with the columns name and alias, one alias per row. Throws InputError BAD_CSV. */
export async function readAliases(path: string): Promise<Aliases> {
  const { rows } = await readCsv(path, { columns: ['name', 'alias'] })
  const aliases = new Map<string, string[]>()
  for (const { line, fields } of rows) {
    const [name, alias] = [fields.name!.trim(), fields.alias!.trim()]
    if (name === '' || alias === '') throw badCsv(`${path}:${line} lacks a name or an alias.`)
    refuseMissing(name, 'name', `${path}:${line}`)
    refuseMissing(alias, 'alias', `${path}:${line}`)
    const key = name.normalize('NFC')
    aliases.set(key, [...(aliases.get(key) ?? []), alias])
  }
  return aliases
}

/** Whether an answer gives a person's name. */
export type NameMatcher = (answer: string, name: string) => boolean

/** The original's rule: the answer starts with exactly this name, in any Unicode normalization form. */
export const startsWithName: NameMatcher = (answer, name) =>
  answer.normalize('NFC').startsWith(name.normalize('NFC'))

/** The answer starts with the name or one of its aliases, regardless of accents; see `foldName`. */
export function nameMatcher(aliases: Aliases): NameMatcher {
  return (answer, name) => {
    const folded = foldName(answer)
    const known = [name, ...(aliases.get(name.normalize('NFC')) ?? [])]
    return known.some((one) => folded.startsWith(foldName(one)))
  }
}

/** Each name once, in its first spelling; two Unicode forms of one name are the same. */
export function uniqueNames(names: readonly string[]): string[] {
  const unique = new Map<string, string>()
  for (const name of names) {
    const key = name.normalize('NFC')
    if (!unique.has(key)) unique.set(key, name)
  }
  return [...unique.values()]
}

/** Throws InputError BAD_CSV for a cell such as `NaN`, which no person is called. */
export function refuseMissing(text: string, column: string, place: string): void {
  if (isMissingValue(text)) throw badCsv(`${place} has the ${column} "${text}", which means a missing value.`)
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
