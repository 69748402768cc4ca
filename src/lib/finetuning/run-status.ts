const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled'])

/** True for a run or job that has stopped and will not continue by itself. */
export function hasEnded({ status }: { status: string }): boolean {
  return ENDED.has(status)
}
