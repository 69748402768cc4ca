/**
 * The results of asynchronous work on each item, as they are ready, at most `limit` pieces of work at a time. A
 * failure rejects the iteration, after the work that had begun has ended.
 */
export async function* asCompleted<T, R>(
  items: Iterable<T>,
  { limit }: { limit: number },
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const running = new Map<number, Promise<readonly [key: number, result: R]>>()
  let key = 0
  const next = async () => {
    const [done, result] = await Promise.race(running.values())
    running.delete(done)
    return result
  }
  try {
    for (const item of items) {
      if (running.size >= limit) yield await next()
      const own = key++
      running.set(
        own,
        work(item).then((result) => [own, result] as const),
      )
    }
    while (running.size > 0) yield await next()
  } finally {
    await Promise.allSettled(running.values())
  }
}
