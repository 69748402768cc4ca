import { constants } from 'node:os'
import type { JobStatus } from './engine.ts'

/** How a shell's exit status says that a command ended: above 128 by a signal; negative as Python's subprocess has it. */
export function exitOf(status: number | null | undefined): Pick<JobStatus, 'exitCode' | 'signal'> {
  if (status === null || status === undefined) return {}
  const number = status < 0 ? -status : status - 128
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  return signal === undefined || status === TERMINATED ? { exitCode: status } : { signal }
}

/** What the trainer itself ends with where it was asked to stop. */
const TERMINATED = 143
