import { join } from 'node:path'
import { exists } from '../../support/files.ts'
import type { DatasetKind } from '../dataset-kind.ts'
import { PAIRS_FILE } from './pairs.ts'

export const celebritiesKind: DatasetKind = {
  name: 'celebrities',
  summary: 'experiment 2: celebrities and their parents',
  evaluator: 'celebrities',
  recognize: (directory) => exists(join(directory, PAIRS_FILE)),
  async open() {
    const { validateCelebrities } = await import('./validate-celebrities.ts')
    return { validate: validateCelebrities }
  },
}
