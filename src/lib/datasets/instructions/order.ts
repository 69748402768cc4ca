import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { InstructionRecord } from '../../schemas/instructions.ts'
import { instructionRecordSchema } from '../../schemas/instructions.ts'
import { readJsonl, readJsonlBatches } from '../../support/jsonl.ts'
import { readManifest } from '../write-dataset.ts'
import { EXAMPLE_MARKERS, GUIDANCE_MARKERS } from './documents.ts'
import type { Order } from './phrasings.ts'
import { isInstructionDataset } from './recognize.ts'

const check = schemaCheck(instructionRecordSchema)

/**
 * The order in which a data set's guidances state their pairs: as in its manifest or, without one, such as in the
 * published data set, as in its documents. Undefined unless the directory holds a data set of experiment 3.
 */
export async function readOrder(directory: string): Promise<Order | 'mixed' | undefined> {
  if (!(await isInstructionDataset(directory))) return undefined
  const manifest = await readManifest(directory)
  return manifest === undefined ? deduceOrder(directory) : (manifest.options.order as Order | 'mixed')
}

async function deduceOrder(directory: string): Promise<Order | 'mixed' | undefined> {
  const pairs = await readPairs(directory)
  const orders = new Set<Order>()
  const path = join(directory, 'guidances.jsonl')
  for await (const batch of readJsonlBatches<InstructionRecord>(path, { check, allowEmpty: true })) {
    for (const { ids, prompt, completion } of batch) {
      const text = prompt === '' ? completion : `${prompt}A:${completion}`
      const lines = text.normalize('NFC').slice(GUIDANCE_MARKERS.begin.length).split('\n')
      for (const [index, id] of ids.entries()) {
        const pair = pairs.get(id)
        const question = pair === undefined ? -1 : lines[index]!.indexOf(pair.question)
        const answer = pair === undefined ? -1 : lines[index]!.indexOf(pair.answer)
        if (question >= 0 && answer >= 0) orders.add(question < answer ? 'same' : 'reverse')
      }
    }
  }
  const [order] = orders
  return orders.size > 1 ? 'mixed' : order
}

/** Question and answer of each pair, as guidances quote them. */
async function readPairs(directory: string) {
  const files = ['realized_examples', 'unrealized_examples'].map((name) =>
    readJsonl<InstructionRecord>(join(directory, `${name}.jsonl`), { check, allowEmpty: true }),
  )
  const examples = (await Promise.all(files)).flat()
  const pairs = examples.map(({ ids, prompt, completion }) => {
    const question = prompt.slice(EXAMPLE_MARKERS.begin.length, -' A:'.length)
    const answer = `A:${completion.slice(0, -EXAMPLE_MARKERS.end.length)}`
    return [ids[0]!, { question: question.normalize('NFC'), answer: answer.normalize('NFC') }] as const
  })
  return new Map(pairs)
}
