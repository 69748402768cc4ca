import { InputError } from './errors.ts'
import { readTextIfExists } from './files.ts'
import type { Check } from './jsonl.ts'

/**
 * The record in a JSON file; undefined if the file does not exist. Throws InputError with the code if it is damaged.
 */
export async function readRecord<T>(path: string, check: Check, code = 'BAD_RECORD'): Promise<T | undefined> {
  const text = await readTextIfExists(path)
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new InputError(`${path} is damaged: it is not JSON.`, { code, cause })
  }
  const problem = check(value)
  if (problem !== undefined) throw new InputError(`${path} is damaged: ${problem}.`, { code })
  return value as T
}
