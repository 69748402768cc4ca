import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import type { BenchmarkPart } from './part.ts'
import { median } from './part.ts'

const CLI = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const ROUNDS = 15
const RUNS = 1000
const INDEX_TRUSTS_AFTER_MS = 2500

/** Whole processes, in turns. */
const part: BenchmarkPart = {
  name: 'Start-up',
  async run() {
    const home = await mkdtemp(join(tmpdir(), 'bench-startup-'))
    try {
      await recordRuns(new RunStore(home))
      // The index trusts no file that has just changed; those of a user have not.
      await setTimeout(INDEX_TRUSTS_AFTER_MS)
      const commands = {
        'node -e 0': ['-e', '0'],
        'reversal --version': [CLI, '--version'],
        [`reversal runs:list with ${RUNS.toLocaleString('en-US')} runs`]: [CLI, 'runs:list', '--all'],
      }
      const times = new Map<string, number[]>()
      for (let round = 0; round < ROUNDS; round++) {
        for (const [name, argv] of Object.entries(commands))
          times.set(name, [...(times.get(name) ?? []), timeOf(argv, home)])
      }
      const bare = median(times.get('node -e 0')!)
      return [...times].flatMap(([figure, own]) => {
        const value = median(own)
        const ratio = { figure: `${figure}, against node -e 0`, value: value / bare, unit: '×' }
        return [{ figure, value, unit: 'ms' }, ...(value === bare ? [] : [ratio])]
      })
    } finally {
      await rm(home, { recursive: true })
    }
  },
}

function timeOf(argv: readonly string[], home: string): number {
  const start = performance.now()
  const { status } = spawnSync(process.execPath, argv, { env: { ...process.env, REVERSAL_HOME: home } })
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`)
  return performance.now() - start
}

async function recordRuns(store: RunStore): Promise<void> {
  for (let index = 0; index < RUNS; index++) {
    const run: RunRecord = {
      id: `ft-bench${index}`,
      provider: 'local',
      model: 'ada',
      fine_tuned_model: `local/ada:ft-bench${index}`,
      dataset: { name: 'bench', training_file: '/bench/all.jsonl' },
      hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, seed: index },
      status: 'succeeded',
      tags: [],
      created_at: new Date(index * 60_000).toISOString(),
      tool_version: 'bench',
    }
    await store.save(run)
  }
}

export default part
