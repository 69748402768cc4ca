import { join } from 'node:path'
import type { Device } from '../engine/device.ts'
import type { RunRecord } from '../schemas/run.ts'
import { InterruptedError, ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

/** How this machine trains; none of it changes a result. */
export interface MachineOptions {
  device: Device
  threads?: number | undefined
  checkpointEvery?: number | undefined
}

/** Runs a command of this CLI to its end in its own process; returns its exit code, or null if a signal ended it. */
export type RunSelf = (
  argv: readonly string[],
  options: { logFile: string; signal: AbortSignal },
) => Promise<number | null>

/**
 * Trains a run in its own process and waits for its end, so that several can train at the same time: a training keeps
 * its process busy. Throws InterruptedError if `signal` aborts, after it has saved, and ReversalError if it fails.
 */
export async function trainInChild({
  store,
  run: { id },
  signal,
  runSelf,
  ...machine
}: MachineOptions & {
  store: RunStore
  run: RunRecord
  signal: AbortSignal
  runSelf: RunSelf
}): Promise<void> {
  const logFile = join(store.directory(id), 'train.log')
  const exitCode = await runSelf(['finetune:resume', id, ...machineArguments(machine)], { logFile, signal })
  if (exitCode === 0) return
  if (signal.aborted) throw new InterruptedError()
  const { error = `its process ended early; ${logFile} says more` } = await store.get(id)
  throw new ReversalError(error, { code: 'TRAINING_FAILED' })
}

/** As `finetune:resume` takes them. */
export function machineArguments({ device, threads, checkpointEvery }: MachineOptions): string[] {
  return Object.entries({ device, threads, 'checkpoint-every': checkpointEvery }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, String(value)],
  )
}
