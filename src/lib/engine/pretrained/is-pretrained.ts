import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, readTextIfExists } from '../../support/files.ts'
import { isAdapter } from './adapter-files.ts'
import { PICKLE_FILE } from './failures.ts'

/**
 * True if a path holds a model for `readPretrained`, complete or not, rather than a small model that was trained from
 * scratch.
 */
export async function isPretrained(path: string): Promise<boolean> {
  if (path.endsWith('.gguf') || path.endsWith('.safetensors') || PICKLE_FILE.test(path)) return isFile(path)
  if (await isAdapter(path)) return true
  const file = join(path, 'config.json')
  if (!(await exists(file))) return false
  try {
    const config = JSON.parse((await readTextIfExists(file)) ?? '')
    return typeof config?.model_type === 'string'
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await exists(path)) && (await stat(path)).isFile()
}
