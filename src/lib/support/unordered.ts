export interface UnorderedOptions {
  /** Pieces of work that are under way at most. */
  concurrency: number
  signal?: AbortSignal | undefined
}

/**
 * Do a piece of work for each item, several at once, and yield each result as soon as it is there. The first failure
 * ends all: the signal that the work gets aborts, and so it does when nobody wants further results.
 */
export async function* mapUnordered<T, R>(
  items: Iterable<T>,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  { concurrency, signal }: UnorderedOptions,
): AsyncGenerator<R, void> {
  const controller = new AbortController()
  const ends = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
  const source = items[Symbol.iterator]()
  const running = new Set<Promise<void>>()
  const results: R[] = []
  const failures: unknown[] = []
  let wake = () => {}

  const startMore = () => {
    while (running.size < concurrency && failures.length === 0) {
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
