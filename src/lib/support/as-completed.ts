import { Closing, isClosing } from './closing.ts'

/** How long work that is under way may take to end when other work has failed. */
const GRACE_MS = 30_000

/**
 * The results of asynchronous work on each item, as they are ready, at most `limit` pieces of work at a time. A
 * failure rejects the iteration, after the work that had begun has ended and its results were given. The signal that
 * the work gets aborts then, with `Closing` as its reason, and when nobody wants further results.
 */
export async function* asCompleted<T, R>(
  items: Iterable<T>,
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void> {
  const controller = new AbortController()
  const force = new AbortController()
  const ends = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
  const source = items[Symbol.iterator]()
  const running = new Set<Promise<void>>()
  const results: R[] = []
  const failures: unknown[] = []
  let wake = () => {}

  const fail = (error: unknown) => {
    failures.push(error)
    if (failures.length > 1) return
    const own = [force.signal, AbortSignal.timeout(GRACE_MS)]
    controller.abort(new Closing(AbortSignal.any(signal === undefined ? own : [...own, signal])))
  }

  const startMore = () => {
    while (running.size < limit && failures.length === 0 && !isClosing(signal)) {
      const next = source.next()
      if (next.done) return
      const task = work(next.value, ends)
        .then((result) => void results.push(result), fail)
        .finally(() => {
          running.delete(task)
          wake()
        })
      running.add(task)
    }
  }

  try {
    for (;;) {
      if (!isClosing(signal)) signal?.throwIfAborted()
      startMore()
      while (results.length > 0) {
        yield results.shift()!
        startMore()
      }
      if (running.size > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      if (failures.length > 0) throw failures[0]
      // What was begun has ended well; what was not begun will not be.
      if (isClosing(signal) && !source.next().done) throw signal?.reason
      return
    }
  } finally {
    // An abort without a listener still costs its error, which is dear where there is one for each prompt.
    if (running.size > 0 || failures.length > 0) {
      force.abort()
      controller.abort()
      await Promise.all(running)
    }
  }
}
