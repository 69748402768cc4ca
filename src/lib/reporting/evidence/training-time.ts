import type { RunEvent, RunRecord } from '../../schemas/run.ts'

/**
 * Seconds that a run was trained, without the pauses between an interruption and the next start; null where its records do
 * not tell, as where the clock was set back.
 */
export function secondsTrained(
  { started_at, finished_at }: Pick<RunRecord, 'started_at' | 'finished_at'>,
  events: readonly RunEvent[],
): number | null {
  if (started_at === undefined || finished_at === undefined) return null
  const whole = secondsBetween(started_at, finished_at)
  const pauses = events.flatMap(({ type, message, at }, index) => {
    const before = events[index - 1]
    return type === 'status' && message === 'running' && before !== undefined
      ? [Math.max(0, secondsBetween(before.at, at))]
      : []
  })
  const trained = pauses.reduce((left, pause) => left - pause, whole)
  return trained < 0 ? null : trained
}

function secondsBetween(start: string, end: string): number {
  return (Date.parse(end) - Date.parse(start)) / 1000
}
