import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvaluationSummary, ScoredSample } from '../../src/lib/schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { WandbClient } from '../../src/lib/tracking/wandb/client.ts'
import type { WandbTrackerOptions } from '../../src/lib/tracking/wandb/tracker.ts'
import { WandbTracker } from '../../src/lib/tracking/wandb/tracker.ts'
import { FAKE_KEY, FakeWandb } from './fake-wandb/server.ts'
import { recordSummary } from './record-summary.ts'
import { recordTinyRun } from './train-tiny-run.ts'

/** A fake W&B server and a run store, side by side. */
export class WandbBench {
  readonly fake: FakeWandb
  readonly home: string
  readonly store: RunStore

  private constructor(fake: FakeWandb, home: string) {
    this.fake = fake
    this.home = home
    this.store = new RunStore(home)
  }

  static async open(): Promise<WandbBench> {
    return new WandbBench(await new FakeWandb().start(), await mkdtemp(join(tmpdir(), 'reversal-wandb-')))
  }

  async close(): Promise<void> {
    await this.fake.stop()
    await rm(this.home, { recursive: true, force: true })
  }

  /** A tracker as each command opens one, with short waits. */
  tracker(options: Partial<WandbTrackerOptions> & { baseUrl?: string } = {}): WandbTracker {
    const client = new WandbClient({
      baseUrl: options.baseUrl ?? this.fake.url,
      key: FAKE_KEY,
      patience: { firstWaitMs: 1, longestWaitMs: 4, totalWaitMs: 2000 },
      signal: options.signal,
    })
    return new WandbTracker({
      client,
      entity: 'ada',
      project: 'reversal',
      appUrl: 'https://pages.example',
      store: this.store,
      cwd: this.home,
      settleMs: [1, 1, 1],
      ...options,
    })
  }

  /** Record a run of the tiny data set. */
  async record(changes: Partial<RunRecord> & { id: string }): Promise<RunRecord> {
    return recordTinyRun(this.home, changes)
  }

  /** Train steps `from` to `to`: the loss of step n is 1/n. */
  async train(id: string, from: number, to: number): Promise<void> {
    const events = Array.from({ length: to - from + 1 }, (_, index) => stepEvent(from + index))
    await this.store.log(id, events)
  }

  /** Leave a complete evaluation of a run, as `eval:run` does: answers come in any order. */
  async evaluate(
    id: string,
    changes: Partial<EvaluationSummary> = {},
    order: 'forwards' | 'backwards' = 'backwards',
  ): Promise<EvaluationSummary> {
    const summary = { ...tinySummary(this.home, id), ...changes }
    const samples = summary.splits.flatMap(({ split, samples: count }) =>
      Array.from({ length: count }, (_, index) => tinySample(split, index)),
    )
    await recordSummary(this.store, id, summary)
    const file = join(this.store.evaluationsDirectory(id), summary.id, 'samples.jsonl')
    if (order === 'backwards') samples.reverse()
    await writeFile(file, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
    return summary
  }

  /** A table of a run on W&B, read from the file that its summary names. */
  table(id: string, key: string): { columns: string[]; data: unknown[][] } {
    const { path } = (this.summary(id)[key] ?? {}) as { path?: string }
    return JSON.parse(String(this.fake.run(id).files.get(path ?? '')))
  }

  /** The rows of a run's history on W&B. */
  history(id: string): Record<string, unknown>[] {
    return this.fake.run(id).history.map((line, index) => {
      if (line === undefined) throw new Error(`line ${index} of the history of ${id} is missing`)
      return JSON.parse(line)
    })
  }

  summary(id: string): Record<string, unknown> {
    return JSON.parse(this.fake.run(id).summary)
  }

  config(id: string): Record<string, unknown> {
    const config: Record<string, { value: unknown }> = JSON.parse(this.fake.run(id).config ?? '{}')
    return Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value]))
  }
}

function stepEvent(step: number): RunEvent {
  const at = new Date(Date.UTC(2026, 10, 24, 9, 30, step)).toISOString()
  return { at, type: 'step', step, loss: 1 / step, tokens: 100 * step, learning_rate: 0.001 }
}

export function tinySummary(home: string, id: string): EvaluationSummary {
  const metrics = {
    prefix_accuracy: 0.5,
    exact_accuracy: 0.25,
    mean_logprob: -1.5,
    mean_logprob_per_token: -0.5,
  }
  return {
    id: 'reverse-1',
    run_id: id,
    model: `local/ada:${id}`,
    evaluator: { name: 'reverse', version: 1, plugin: 'reversal' },
    dataset: { directory: join(home, 'tiny'), name: 'tiny', hash: 'h' },
    arguments: {},
    status: 'complete',
    created_at: '2026-11-24T10:00:00.000Z',
    finished_at: '2026-11-24T10:00:30.000Z',
    splits: [
      { split: 'p2d_prompts_test', samples: 12, metrics },
      {
        split: 'd2p_prompts_test',
        samples: 2,
        metrics: { ...metrics, prefix_accuracy: 1, mean_logprob: null },
      },
    ],
  }
}

function tinySample(split: string, index: number): ScoredSample {
  const measures = { prefix_match: index % 2, exact_match: 0, logprob: -1 - index, logprob_per_token: -1 }
  return {
    id: `${split}/${index}`,
    split,
    prompt: `prompt ${index}`,
    target: `target ${index}`,
    completions: [` answer ${index}`],
    scores: [{ logprob: -1 - index, tokens: 1 }],
    measures,
  }
}
