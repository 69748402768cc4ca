import { basename, join } from 'node:path'

/** Where files of experiment 2 go, in the working directory. */
const FOLDER = 'data/celebrity_relations'

/** A model as tables call it: a file or folder by its own name alone. */
export function displayName(reference: string): string {
  const path = reference.replace(/^gguf:/, '')
  return path !== reference || /[\\/]$|^[./~]/.test(path) ? basename(path, '.gguf') : reference
}

/** The model’s name as a part of file names. */
export function fileName(reference: string): string {
  return displayName(reference).replaceAll(/[^\w.@+-]+/g, '_')
}

/** Such as `data/celebrity_relations/llama-7b_reversal_test_results.csv`. */
export function celebrityFile(reference: string, suffix: string): string {
  return join(FOLDER, `${fileName(reference)}_${suffix}.csv`)
}
