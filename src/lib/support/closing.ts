/**
 * The abort reason when other work has failed: no new work starts, but work under way, such as a paid answer, may
 * finish. `until` aborts when that must end, too.
 */
export class Closing extends Error {
  readonly until: AbortSignal

  constructor(until: AbortSignal) {
    super('Stopped because another task failed.')
    this.until = until
  }
}

/** True if the signal still lets work under way finish. */
export function isClosing(signal: AbortSignal | undefined): boolean {
  return signal?.reason instanceof Closing && !signal.reason.until.aborted
}

/**
 * A signal for work under way: it aborts when the given one does, but if that is closing, only when `until` aborts. It
 * is that of `controller`, if the work must also abort for other reasons.
 */
export function throughClosing(
  signal: AbortSignal,
  controller: AbortController = new AbortController(),
): { signal: AbortSignal } & Disposable {
  const followed: AbortSignal[] = []
  const follow = (other: AbortSignal) => {
    if (other.aborted) return onAbort.call(other)
    followed.push(other)
    other.addEventListener('abort', onAbort, { once: true })
  }
  function onAbort(this: AbortSignal): void {
    if (this.reason instanceof Closing) follow(this.reason.until)
    else controller.abort(this.reason)
  }
  follow(signal)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const other of followed) other.removeEventListener('abort', onAbort)
    },
  }
}
