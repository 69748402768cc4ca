import type { DatasetKind } from '../dataset-kind.ts'
import { isRelationDataset } from './recognize.ts'

export const relationsKind: DatasetKind = {
  name: 'relations',
  summary: 'relations between two names, with tests of wrong symmetry and two hops',
  evaluator: 'reverse',
  recognize: isRelationDataset,
  async open() {
    const { validateRelationDataset } = await import('./validate-relations.ts')
    const { readFactsOfRelations } = await import('./read-facts.ts')
    return { validate: validateRelationDataset, facts: readFactsOfRelations }
  },
}
