import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { RelationFact } from '../../schemas/relation.ts'
import { relationFactSchema } from '../../schemas/relation.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { DatasetFacts, ToldOrder } from '../dataset-facts.ts'
import { FACTS_FILE } from './recognize.ts'

const ORDERS: Readonly<Record<RelationFact['group'], ToldOrder>> = {
  p2d: 'name-first',
  d2p: 'description-first',
  both: 'both',
}

const check = schemaCheck(relationFactSchema)

/** First and second parts are names and descriptions; what a third part belongs to is another fact. */
export async function readFactsOfRelations(directory: string): Promise<DatasetFacts> {
  const facts = await readJsonl<RelationFact>(join(directory, `${FACTS_FILE}.jsonl`), { check })
  return {
    facts: facts.map(({ relation, group, first, second }) => ({
      ...{ name: first, description: second, order: ORDERS[group], relation },
    })),
    entities: facts.map(({ third }) => third),
  }
}
