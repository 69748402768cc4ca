import type { DatasetKind } from '../dataset-kind.ts'
import { isReverseDataset } from './recognize.ts'

export const reverseKind: DatasetKind = {
  name: 'reverse',
  summary: 'experiment 1: fictitious names and descriptions',
  evaluator: 'reverse',
  recognize: isReverseDataset,
  async open() {
    const { validateReverseDataset } = await import('./validate-reverse.ts')
    const { readFactsOfReverse } = await import('./read-facts.ts')
    return { validate: validateReverseDataset, facts: readFactsOfReverse }
  },
}
