import type { DatasetFact } from './dataset-facts.ts'
import { readFactsOfInstructions } from './instructions/read-facts.ts'
import { isInstructionDataset } from './instructions/recognize.ts'
import { readFactsOfRelations } from './relations/read-facts.ts'
import { isRelationDataset } from './relations/recognize.ts'
import { readFactsOfReverse } from './reverse/read-facts.ts'
import { isReverseDataset } from './reverse/recognize.ts'

/** The facts of a data set of experiment 1 or 3 or of relations; none for any other directory. */
export async function readOwnFacts(directory: string): Promise<readonly DatasetFact[]> {
  if (await isRelationDataset(directory)) return (await readFactsOfRelations(directory)).facts
  if (await isReverseDataset(directory)) return (await readFactsOfReverse(directory)).facts
  if (await isInstructionDataset(directory)) return (await readFactsOfInstructions(directory)).facts
  return []
}
