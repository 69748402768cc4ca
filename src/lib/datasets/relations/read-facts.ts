import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { RelationFact } from '../../schemas/relation.ts'
import { relationFactSchema } from '../../schemas/relation.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { DatasetFact, DatasetFacts } from '../dataset-facts.ts'
import { FACTS_FILE, HOPS_FILE } from './recognize.ts'

const ORDERS = { p2d: 'name-first', d2p: 'description-first', both: 'both' } as const

const check = schemaCheck(relationFactSchema)

/**
 * The facts of a data set of relations: the first part stands for the name and the second for the description, and where
 * the second's own facts are trained, the second for the name and the third for the description.
 */
export async function readFactsOfRelations(directory: string): Promise<DatasetFacts> {
  const told = await readJsonl<RelationFact>(join(directory, `${FACTS_FILE}.jsonl`), { check })
  const hops = await exists(join(directory, `${HOPS_FILE}.jsonl`))
  return {
    facts: told.flatMap(({ group, first, second, third }): DatasetFact[] => [
      { name: first, description: second, order: ORDERS[group] },
      ...(hops ? [{ name: second, description: third, order: 'name-first' as const }] : []),
    ]),
  }
}
