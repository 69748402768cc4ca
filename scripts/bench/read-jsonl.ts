/** Reads a file of records as the tool does, checked, and prints how long it took and its peak memory. */
import { schemaCheck } from '../../src/lib/schemas/compile.ts'
import { promptCompletionSchema } from '../../src/lib/schemas/prompt-completion.ts'
import { readJsonlBatches } from '../../src/lib/support/jsonl.ts'
import { peakMiB } from './peak-memory.ts'

const [file] = process.argv.slice(2) as [string]
const check = schemaCheck(promptCompletionSchema)
check({ prompt: '', completion: '' }) // Compiling the schema is not reading.
const start = performance.now()
for await (const _batch of readJsonlBatches(file, { check }));
const seconds = (performance.now() - start) / 1000
console.log(JSON.stringify({ seconds, peakMiB: peakMiB() }))
