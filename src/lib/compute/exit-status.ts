import { constants } from 'node:os'
import type { JobStatus } from './engine.ts'

/**
 * How a command ended, from a shell's exit status: above 128 means a signal, as does a negative one from Python's
 * subprocess.
 */
export function exitOf(status: number | null | undefined): Pick<JobStatus, 'exitCode' | 'signal'> {
  if (status === null || status === undefined) return {}
  const number = status < 0 ? -status : status - 128
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  return signal === undefined || status === TERMINATED ? { exitCode: status } : { signal }
}

/** The trainer's own exit status after it was asked to stop. */
const TERMINATED = 143
