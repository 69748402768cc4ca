import type { RunRecord } from '../schemas/run.ts'

const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled'])

/** True for a run that nothing works on any more and that will not go on by itself. */
export function hasEnded({ status }: RunRecord): boolean {
  return ENDED.has(status)
}
