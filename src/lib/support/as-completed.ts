import { Closing, isClosing } from './closing.ts'

/** How long work under way may take to finish after other work has failed. */
const GRACE_MS = 30_000

/**
 * Does asynchronous work on each item, at most `limit` pieces at a time, and yields the results as they are ready. A
 * failure rejects the iteration after the work under way has finished and its results have been yielded. The signal
 * that the work receives then aborts with `Closing` as its reason; it also aborts when the consumer stops iterating.
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
      // All work that had begun has succeeded; the rest will not begin.
      if (isClosing(signal) && !source.next().done) throw signal?.reason
      return
    }
  } finally {
    // Aborting creates an error even without a listener, which is expensive if done for each prompt.
    if (running.size > 0 || failures.length > 0) {
      force.abort()
      controller.abort()
      await Promise.all(running)
    }
  }
}
