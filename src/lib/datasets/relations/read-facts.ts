import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import type { RelationFact } from '../../schemas/relation.ts'
import { relationFactSchema } from '../../schemas/relation.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { DatasetFacts } from '../dataset-facts.ts'
import { FACTS_FILE, HOPS_FILE } from './recognize.ts'

const ORDERS = { p2d: 'name-first', d2p: 'description-first', both: 'both' } as const

const checkFact = schemaCheck(relationFactSchema)
const check = schemaCheck(promptCompletionSchema)

/**
 * The facts of a data set of relations, with the first part as the name and the second as the description, in the
 * wording of the data set. Third parts are only names to be kept whole: their facts belong to another relation, whose
 * wording says nothing about the first two parts. If a data set has several relations, each fact names its own, and
 * only that one's training examples provide the wording.
 */
export async function readFactsOfRelations(directory: string): Promise<DatasetFacts> {
  const file = (name: string) => join(directory, `${name}.jsonl`)
  const told = await readJsonl<RelationFact>(file(FACTS_FILE), { check: checkFact })
  const hops = await exists(file(HOPS_FILE))
  const facts = told.map(({ group, first, second, relation }) => ({
    ...{ name: first, description: second, order: ORDERS[group], relation },
  }))
  const templatesOf = async (group: 'p2d' | 'd2p') => {
    const records = await readJsonl<PromptCompletion>(file(`${group}_prompts_train`), { check })
    const own = told.filter((fact) => fact.group === group)
    const templates = records.flatMap(({ prompt, completion }) => {
      const text = prompt + completion
      const fact = own.find(({ first, second }) => text.includes(first) && text.includes(second))
      if (fact === undefined) return []
      return [text.replaceAll(fact.first, '<name>').replaceAll(fact.second, '<description>')]
    })
    return [...new Set(templates)]
  }
  const relations = new Set(told.map(({ relation }) => relation))
  return {
    facts,
    ...(hops && { entities: told.map(({ third }) => third) }),
    ...(relations.size === 1 && {
      templates: { 'name-first': await templatesOf('p2d'), 'description-first': await templatesOf('d2p') },
    }),
  }
}
