import { availableParallelism } from 'node:os'
import type { Device } from '../engine/device.ts'

/** More would divide memory bandwidth, not add to it. */
const MOST_JOBS = 8

export interface MachineDivision {
  /** Runs that are trained at once. */
  jobs: number
  /** Of each. */
  threads: number
}

/** How many runs are trained at once, and with how many threads each. */
export function divideMachine({
  jobs,
  threads,
  device,
  runs,
  cores = availableParallelism(),
}: {
  jobs?: number | undefined
  threads?: number | undefined
  device: Device
  runs: number
  cores?: number
}): MachineDivision {
  const all = threads ?? cores
  const usual = device === 'cpu' ? Math.min(all, MOST_JOBS) : 1
  const chosen = Math.max(1, Math.min(jobs ?? usual, runs))
  return { jobs: chosen, threads: Math.max(1, Math.floor(all / chosen)) }
}
