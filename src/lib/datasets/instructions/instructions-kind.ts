import type { DatasetKind } from '../dataset-kind.ts'
import { isInstructionDataset } from './recognize.ts'

export const instructionsKind: DatasetKind = {
  name: 'instructions',
  summary: 'experiment 3: questions, answers and guidances',
  evaluator: 'qa',
  recognize: isInstructionDataset,
  async open() {
    const { validateInstructionDataset } = await import('./validate-instructions.ts')
    const { readFactsOfInstructions } = await import('./read-facts.ts')
    return { validate: validateInstructionDataset, facts: readFactsOfInstructions }
  },
}
