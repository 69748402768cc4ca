import { basename, join } from 'node:path'
import type { ModelClient } from '../models/model-client.ts'
import type { Registry } from '../support/registry.ts'

/** Where files of experiment 2 go, in the working directory. */
const FOLDER = 'data/celebrity_relations'

/** A model's name in tables: for a file or folder only its own name. */
export function displayName(reference: string, models: Registry<ModelClient>): string {
  for (const { entry } of models.inOrder()) {
    const short = entry.shortName?.(reference)
    if (short !== undefined) return short
  }
  return /[\\/]$|^[./~]/.test(reference) ? basename(reference) : reference
}

/** The model’s name in tables as a part of file names. */
export function fileName(modelName: string): string {
  return modelName.replaceAll(/[^\w.@+-]+/g, '_')
}

/** Such as `data/celebrity_relations/llama-7b_reversal_test_results.csv`. */
export function celebrityFile(modelName: string, suffix: string): string {
  return join(FOLDER, `${fileName(modelName)}_${suffix}.csv`)
}
