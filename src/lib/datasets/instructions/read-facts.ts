import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { InstructionRecord } from '../../schemas/instructions.ts'
import { instructionRecordSchema } from '../../schemas/instructions.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { DatasetFact, DatasetFacts, ToldOrder } from '../dataset-facts.ts'
import { EXAMPLE_MARKERS, GUIDANCE_MARKERS } from './documents.ts'
import { readInstructionFacts } from './facts.ts'
import { readOrder } from './order.ts'
import type { Order } from './phrasings.ts'
import { fillPhrasing } from './phrasings.ts'

const ORDERS: Readonly<Record<Order | 'mixed', ToldOrder>> = {
  same: 'name-first',
  reverse: 'description-first',
  mixed: 'both',
}

const check = schemaCheck(instructionRecordSchema)

/**
 * The pairs of experiment 3 as facts: questions are the names, and answers the descriptions. Guidances use the shipped
 * phrasings of their order. Examples that contradict their guidances are left out.
 */
export async function readFactsOfInstructions(directory: string): Promise<DatasetFacts> {
  const order = await readOrder(directory)
  const files = ['realized_examples', 'unrealized_examples'].map((name) =>
    readJsonl<InstructionRecord>(join(directory, `${name}.jsonl`), { check, allowEmpty: true }),
  )
  const facts = (await Promise.all(files)).flat().map(({ prompt, completion }): DatasetFact => {
    const name = prompt.slice(`${EXAMPLE_MARKERS.begin}Q: `.length, -' A:'.length)
    const description = completion.slice(1, -EXAMPLE_MARKERS.end.length)
    return { name, description, ...(order !== undefined && { order: ORDERS[order] }) }
  })
  return {
    facts,
    templates: { 'name-first': await guidances('same'), 'description-first': await guidances('reverse') },
  }
}

async function guidances(order: Order): Promise<string[]> {
  const shipped = await readInstructionFacts({ cwd: '/', order })
  const { begin, end } = GUIDANCE_MARKERS
  const placeholders = { anchor: '<name>', target: '<description>' }
  return shipped.facts.phrasings.map((phrasing) => begin + fillPhrasing(phrasing, placeholders) + end)
}
