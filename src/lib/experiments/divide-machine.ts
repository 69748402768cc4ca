import { availableParallelism, totalmem } from 'node:os'
import type { Device } from '../engine/device.ts'
import { roomyBytes } from '../support/memory.ts'

/** More would divide memory bandwidth, not add to it. */
const MOST_JOBS = 8

export interface MachineDivision {
  /** Runs that are trained at once. */
  jobs: number
  /** Threads of each run. */
  threads: number
}

/** How many runs are trained at once, and with how many threads each. */
export function divideMachine({
  jobs,
  threads,
  device,
  runs,
  memoryBytes = 0,
  cores = availableParallelism(),
  machineBytes = totalmem(),
}: {
  jobs?: number | undefined
  threads?: number | undefined
  device: Device
  runs: number
  /** Memory of one run, if known. */
  memoryBytes?: number | undefined
  cores?: number
  machineBytes?: number
}): MachineDivision {
  const all = threads ?? cores
  const fitting = memoryBytes === 0 ? MOST_JOBS : Math.floor(roomyBytes(machineBytes) / memoryBytes)
  const usual = device === 'cpu' ? Math.min(all, MOST_JOBS, fitting) : 1
  const chosen = Math.max(1, Math.min(jobs ?? usual, runs))
  return { jobs: chosen, threads: Math.max(1, Math.floor(all / chosen)) }
}
