import { badCsv, hasColumns, readCsv } from '../../support/csv.ts'
import { InputError } from '../../support/errors.ts'
import { readTextFile } from '../../support/files.ts'
import { splitLines } from '../../support/lines.ts'
import { refuseMissing, uniqueNames } from './names.ts'

/** A row of a table rather than a name: no name has a comma without a space after it. */
const ROW = /[\t;]|,\S|^".*"$/

/**
 * Reads the names in a file, each once regardless of its Unicode form: one per line, or the column `name` of a CSV
 * file, which is recognized by its extension or header. Throws InputError NO_NAMES, and BAD_CSV with file and line.
 */
export async function readNames(path: string): Promise<string[]> {
  const text = await readTextFile(path)
  const table = /\.csv$/i.test(path) || hasColumns(text, ['name'])
  const entries = table
    ? (await readCsv(path, { columns: ['name'] })).rows.map(({ line, fields }) => ({
        line,
        text: fields.name!,
      }))
    : splitLines(text).map((text, index) => ({ line: index + 1, text }))
  const names: string[] = []
  for (const { line, text } of entries) {
    const name = text.trim()
    if (name === '') continue
    const place = `${path}:${line}`
    if (!table && ROW.test(name)) {
      throw badCsv(`${place} looks like a table row, not a name: ${name}`, {
        suggestions: ['for a CSV file, add a header with the column name'],
      })
    }
    refuseMissing(name, 'name', place)
    names.push(name)
  }
  if (names.length === 0) throw new InputError(`There are no names in ${path}.`, { code: 'NO_NAMES' })
  return uniqueNames(names)
}
