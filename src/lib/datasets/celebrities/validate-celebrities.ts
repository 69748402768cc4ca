import { join } from 'node:path'
import { InputError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import { ALIASES_FILE, readAliases } from './names.ts'
import { PAIRS_FILE, readPairs } from './pairs.ts'

/** Checks a data set of experiment 2: its pairs and, if it has any, its aliases. */
export async function validateCelebrities(directory: string): Promise<Finding[]> {
  const pairs = join(directory, PAIRS_FILE)
  const aliases = join(directory, ALIASES_FILE)
  const findings: Finding[] = []
  const onWarning = (text: string) =>
    findings.push({ severity: 'warning', rule: 'pairs', file: PAIRS_FILE, ...placeOf(text, pairs) })
  findings.push(...(await problemOf(readPairs(pairs, { onWarning }), PAIRS_FILE, pairs)))
  if (await exists(aliases)) findings.push(...(await problemOf(readAliases(aliases), ALIASES_FILE, aliases)))
  return findings
}

async function problemOf(reading: Promise<unknown>, file: string, path: string): Promise<Finding[]> {
  try {
    await reading
    return []
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { line, message } = placeOf(error.message, path)
    return [errorIn(file, line, 'csv', message)]
  }
}

/** Splits a message that starts with a path and a line into line and message. */
function placeOf(text: string, path: string): { line?: number; message: string } {
  if (!text.startsWith(`${path}:`)) return { message: text }
  const [, line, message] = /^(\d+) (.*)$/s.exec(text.slice(path.length + 1)) ?? []
  return line === undefined ? { message: text } : { line: Number(line), message: message! }
}
