import { setTimeout } from 'node:timers/promises'

const BETWEEN_MS = 5

/**
 * Repeats `ask` until it gives a value. Fails with the name of what was waited for, such as "the first request",
 * instead of waiting for ever; the limit is far above what a busy machine needs.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  { limitS = 120 }: { limitS?: number } = {},
): Promise<Exclude<T, undefined | null | false>> {
  for (let asked = 0; asked < (limitS * 1000) / BETWEEN_MS; asked++) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer as never
    await setTimeout(BETWEEN_MS)
  }
  throw new Error(`${what} did not come about in ${limitS} s.`)
}
