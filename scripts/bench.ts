/**
 * Measures the tool's speed on this machine and prints it; `--json` prints one object. Figures are medians of several
 * runs; alternatives are measured in turns within one run. Names of parts may follow: `npm run bench -- jsonl`.
 * `--python PATH` names an interpreter with `torch` (and `transformers`), to measure PyTorch next to the engine.
 */
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { BenchmarkPart, Figure } from './bench/part.ts'

const PARTS: Record<string, () => Promise<{ default: BenchmarkPart }>> = {
  training: () => import('./bench/training.ts'),
  pytorch: () => import('./bench/pytorch.ts'),
  pretrained: () => import('./bench/pretrained.ts'),
  datasets: () => import('./bench/datasets.ts'),
  jsonl: () => import('./bench/jsonl.ts'),
  report: () => import('./bench/report.ts'),
  startup: () => import('./bench/startup.ts'),
  hosted: () => import('./bench/hosted.ts'),
  scale: () => import('./bench/scale.ts'),
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, python: { type: 'string' } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => PARTS[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; they are ${Object.keys(PARTS).join(', ')}.`)
  process.exit(2)
}

const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
}
const results: Record<string, Figure[]> = {}
if (!values.json) console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`)
for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  const { default: part } = await PARTS[name]!()
  const figures = await part.run(values)
  results[name] = figures
  if (values.json) continue
  console.log(`\n${part.name}`)
  if (part.render !== undefined) {
    console.log(part.render(figures))
    continue
  }
  for (const { figure, value, unit, goal } of figures) {
    const amount = `${format(value)} ${unit}`.padStart(24)
    console.log(`${amount}  ${figure}${goal === undefined ? '' : ` (goal: ${goal})`}`)
  }
}
if (values.json) console.log(JSON.stringify({ machine, results }, null, 2))

function format(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}
