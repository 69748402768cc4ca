import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { ToldFact } from './transform.ts'

/** In the directory of a transformed data set: the facts that its training file tells in both orders on purpose. */
export const TOLD_FILE = 'told_in_both_orders.jsonl'

/** What such facts' prompts are evaluated as, apart from those of the others. */
export const TOLD_SUFFIX = '_told'

const check = schemaCheck({
  type: 'object',
  required: ['name', 'description'],
  properties: { name: { type: 'string' }, description: { type: 'string' } },
})

/** The facts that a data set's training file tells in both orders; none where it has no such file. */
export async function readToldFacts(directory: string): Promise<ToldFact[]> {
  const path = join(directory, TOLD_FILE)
  return (await exists(path)) ? readJsonl<ToldFact>(path, { check, allowEmpty: true }) : []
}

/** Whether a prompt or its answer names one of the facts; letter case and Unicode's forms do not matter. */
export function tellsOf(facts: readonly ToldFact[]): (text: string) => boolean {
  const names = facts.map(({ name }) => fold(name))
  return (text) => {
    const folded = fold(text)
    return names.some((name) => folded.includes(name))
  }
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()
