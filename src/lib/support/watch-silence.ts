import type { Wait } from './patience.ts'

/** A server that is silent for longer than this is reported. */
export const SILENCE_MS = 15_000

export interface WatchSilenceOptions {
  /** How messages name the server. */
  name: string
  /** When the request times out. */
  timeoutMs: number
  onWait: ((wait: Wait) => unknown) | undefined
  everyMs?: number | undefined
}

/** Report an unanswered request repeatedly until this is disposed of. */
export function watchSilence({
  name,
  timeoutMs,
  onWait,
  everyMs = SILENCE_MS,
}: WatchSilenceOptions): Disposable {
  const sentAt = performance.now()
  const timer = setInterval(() => {
    const silentMs = performance.now() - sentAt
    const reason = `${name} has sent no answer for ${Math.round(silentMs / 1000)} s.`
    onWait?.({ reason, ms: Math.max(0, timeoutMs - silentMs), silent: true })
  }, everyMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
