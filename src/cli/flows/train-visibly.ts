import { join } from 'node:path'
import type { MachineOptions } from '../../lib/experiments/train-in-child.ts'
import { machineArguments } from '../../lib/experiments/train-in-child.ts'
import type { TrainingProvider } from '../../lib/finetuning/provider.ts'
import { trainRuns } from '../../lib/finetuning/train-runs.ts'
import type { RunEvent, RunRecord } from '../../lib/schemas/run.ts'
import { EXIT } from '../../lib/support/errors.ts'
import { formatCount, formatDate, formatLoss } from '../../lib/support/numbers.ts'
import type { RunStore } from '../../lib/tracking/run-store.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'
import { spawnSelf } from '../shell/spawn-self.ts'

export interface TrainingResult {
  runs: RunRecord[]
  failures: { run: string; message: string }[]
}

/** Trains runs and shows the progress: a live line for each, and at the end what to do next. */
export async function trainVisibly(
  command: BaseCommand,
  options: {
    store: RunStore
    provider: TrainingProvider
    runs: readonly RunRecord[]
    /** The runs were created by this command. */
    fresh: boolean
    signal: AbortSignal
    /** The live line, if it already shows something. */
    progress?: Progress
  },
): Promise<TrainingResult> {
  const { progress = new Progress({ quiet: command.jsonEnabled() }) } = options
  const result: TrainingResult = { runs: [], failures: [] }
  const outcomes = trainRuns({ ...options, onEvent: (run, event) => showEvent(progress, run, event) })
  try {
    for await (const { run, error } of outcomes) {
      progress.stop()
      result.runs.push(run)
      if (error === undefined) command.log(describeTrained(run))
      else if (options.runs.length === 1) throw error
      else {
        command.logToStderr(`${run.id} failed: ${error.message}`)
        result.failures.push({ run: run.id, message: error.message })
        process.exitCode = EXIT.failed
      }
    }
  } finally {
    progress.stop()
  }
  return result
}

/** Shows a step of a run in its live line, and a server's messages above it; other events are ignored. */
export async function showEvent(progress: Progress, run: RunRecord, event: RunEvent): Promise<void> {
  if (event.type === 'message') progress.note(`${formatDate(event.at)}  ${event.message}`)
  if (event.type !== 'step') return
  const { step = 0, loss, tokens_per_second: speed } = event
  await progress.update({
    label: `Training ${run.id}`,
    done: step,
    total: run.progress?.total_steps ?? step,
    details: [
      ...(typeof loss === 'number' ? [`loss ${formatLoss(loss)}`] : []),
      ...(speed === undefined ? [] : [`${formatCount(Math.round(speed))} tokens/s`]),
    ],
  })
}

function describeTrained({ id, fine_tuned_model: model, progress }: RunRecord): string {
  const loss = typeof progress?.loss === 'number' ? `, loss ${formatLoss(progress.loss)}` : ''
  return `Trained ${id}: the model is ${model}${loss}.\nEvaluate it: reversal eval:run ${id}`
}

/** Trains runs one after another in a separate process, and returns at once. */
export async function trainDetached(
  command: BaseCommand,
  { store, runs, ...machine }: MachineOptions & { store: RunStore; runs: readonly RunRecord[] },
): Promise<TrainingResult> {
  const ids = runs.map(({ id }) => id)
  const logFile = join(store.directory(ids[0]!), 'train.log')
  // Until their own process takes over, no other process must take these runs for abandoned.
  const handed = await Promise.all(ids.map((id) => store.update(id, ({ process: _creator, ...run }) => run)))
  const pid = await spawnSelf(['finetune:resume', ...ids, ...machineArguments(machine)], { logFile })
  command.log(`Training ${ids.join(', ')} in the background (process ${pid}).`)
  command.log(`Watch it: reversal finetune:watch ${ids[0]}`)
  return { runs: handed, failures: [] }
}
