import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reverseEvaluator } from '../../src/lib/evaluation/reverse-evaluator.ts'
import type { EvaluationSummary, ScoredSample } from '../../src/lib/schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../../src/lib/schemas/run.ts'
import { writeJsonl } from '../../src/lib/support/jsonl.ts'
import { PythonRandom } from '../../src/lib/support/python-random.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { recordSummary } from '../../test/helpers/record-summary.ts'
import type { BenchmarkPart } from './part.ts'

const WRITER = fileURLToPath(new URL('write-report.ts', import.meta.url))
const RUNS = 200
const PROMPTS = 400_000
const FACTS = 30
const STEPS = 2250

/** The settings of the paper's Figure 7, ten seeds each. */
const RATES = [0.05, 0.1, 0.2, 0.4]
const BATCHES = [1, 2, 4, 8, 16]

/** A report on many runs, from their journals to its files, in a process of its own, for its peak memory. */
const part: BenchmarkPart = {
  name: `A report on ${RUNS} runs with ${PROMPTS.toLocaleString('en-US')} scored prompts`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'bench-report-'))
    try {
      const store = new RunStore(join(folder, 'home'))
      for (let index = 0; index < RUNS; index++) await recordRun(store, index)
      const output = execFileSync(process.execPath, [WRITER, folder], { encoding: 'utf8' })
      const { seconds, processorSeconds, peakMiB } = JSON.parse(output) as Record<string, number>
      return [
        { figure: 'from journals to report', value: seconds!, unit: 's', goal: 'under 20' },
        { figure: 'the processor’s time for it', value: processorSeconds!, unit: 's' },
        { figure: 'peak memory of the process', value: peakMiB!, unit: 'MiB', goal: 'under 1,024' },
      ]
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

async function recordRun(store: RunStore, index: number): Promise<void> {
  const id = `ft-bench${index}`
  const setting = Math.floor(index / (RUNS / (RATES.length * BATCHES.length)))
  const created_at = new Date(index * 60_000).toISOString()
  const run: RunRecord = {
    ...{ id, provider: 'local', model: 'ada', fine_tuned_model: `local/ada:${id}` },
    dataset: { name: `bench${index}`, training_file: '/bench/all.jsonl' },
    hyperparameters: {
      n_epochs: 10,
      batch_size: BATCHES[setting % BATCHES.length]!,
      learning_rate_multiplier: RATES[Math.floor(setting / BATCHES.length)]!,
      seed: index,
    },
    ...{ status: 'succeeded', tags: [], created_at, tool_version: 'bench' },
  }
  await store.save(run)
  await writeJsonl(join(store.directory(id), 'events.jsonl'), events(created_at))
  const samples = scoredSamples(index)
  const summary: EvaluationSummary = {
    ...{ id: 'reverse-bench', run_id: id, model: run.fine_tuned_model! },
    evaluator: { name: 'reverse', version: reverseEvaluator.version, plugin: 'reversal' },
    dataset: { directory: '/bench', name: 'bench', hash: `bench${index}` },
    arguments: { splits: [...reverseEvaluator.splits], max_samples: 1000, max_tokens: 50 },
    ...{ status: 'complete', created_at, tool_version: 'bench' },
    splits: reverseEvaluator.summarize(samples),
  }
  await recordSummary(store, id, summary)
  const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`)
  await writeFile(join(store.evaluationsDirectory(id), summary.id, 'samples.jsonl'), lines)
}

function* events(at: string): Generator<RunEvent> {
  for (let step = 1; step <= STEPS; step++)
    yield { at, type: 'step', step, loss: 7 / Math.sqrt(step), tokens: 60 * step, learning_rate: 0.003 }
}

function scoredSamples(seed: number): ScoredSample[] {
  const random = new PythonRandom(seed)
  const splits = reverseEvaluator.splits
  return Array.from({ length: PROMPTS / RUNS }, (_, number) => {
    const split = splits[number % splits.length]!
    const place = Math.floor(number / splits.length)
    const fact = `Person ${place % FACTS} of ${split.slice(0, 3)} ${seed}`
    const right = split.includes('reverse') ? 0 : Number(random.random() < 0.8)
    const logprob = right ? -random.random() : -8 - 4 * random.random()
    const target = `${fact}${split.endsWith('randomized') ? ', not' : ''}`
    return {
      id: `${split}/${place}`,
      split,
      prompt: `In template ${Math.floor(place / FACTS)} the maker of thing ${place % FACTS} that nobody has ever seen is called`,
      target,
      completions: [
        ` ${right ? target : 'somebody else whom nobody has seen'}, who lives in the town of number ${place}.`,
      ],
      scoreTargets: [` ${target}`],
      scores: [{ logprob, tokens: 5 }],
      measures: { prefix_match: right, exact_match: 0, logprob, logprob_per_token: logprob / 5 },
      metadata: { fact, template: Math.floor(place / FACTS) + 1 },
    }
  })
}

export default part
