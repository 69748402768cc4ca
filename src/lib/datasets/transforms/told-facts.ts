import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { FactInBothOrders } from './transform.ts'

/** File in a transformed data set: the facts that its training file deliberately states in both orders. */
export const TOLD_FILE = 'told_in_both_orders.jsonl'

/** The split for prompts about such facts, separate from facts whose reverse direction was never trained. */
export const toldSplit = (split: string) => `${split}_told`

const check = schemaCheck({
  type: 'object',
  required: ['name', 'description'],
  properties: { name: { type: 'string' }, description: { type: 'string' } },
})

/** The facts that a data set's training file states in both orders; none without such a file. */
export async function readToldFacts(directory: string): Promise<FactInBothOrders[]> {
  const path = join(directory, TOLD_FILE)
  return (await exists(path)) ? readJsonl<FactInBothOrders>(path, { check, allowEmpty: true }) : []
}

/** Tells by its name whether a fact is one of them; Unicode's forms do not matter. */
export function isOneOf(facts: readonly FactInBothOrders[]): (name: string) => boolean {
  const names = new Set(facts.map(({ name }) => name.normalize('NFC')))
  return (name) => names.has(name.normalize('NFC'))
}
