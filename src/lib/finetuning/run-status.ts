import type { RunRecord } from '../schemas/run.ts'

const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled'])

/** True for a run, or a job, that nothing works on any more and that will not go on by itself. */
export function hasEnded({ status }: Pick<RunRecord, 'status'>): boolean {
  return ENDED.has(status)
}
