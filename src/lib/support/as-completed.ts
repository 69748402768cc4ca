/**
 * The results of asynchronous work on each item, as they are ready, at most `limit` pieces of work at a time. A
 * failure rejects the iteration, after the work that had begun has ended. The signal that the work gets aborts
 * then, and when nobody wants further results.
 */
export async function* asCompleted<T, R>(
  items: Iterable<T>,
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void> {
  const controller = new AbortController()
  const ends = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
  const source = items[Symbol.iterator]()
  const running = new Set<Promise<void>>()
  const results: R[] = []
  const failures: unknown[] = []
  let wake = () => {}

  const startMore = () => {
    while (running.size < limit && failures.length === 0) {
      const next = source.next()
      if (next.done) return
      const task = work(next.value, ends)
        .then(
          (result) => void results.push(result),
          (error) => void failures.push(error),
        )
        .finally(() => {
          running.delete(task)
          wake()
        })
      running.add(task)
    }
  }

  try {
    for (;;) {
      signal?.throwIfAborted()
      startMore()
      while (results.length > 0) {
        yield results.shift()!
        startMore()
      }
      if (failures.length > 0) throw failures[0]
      if (running.size === 0) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    controller.abort()
    await Promise.all(running)
  }
}
