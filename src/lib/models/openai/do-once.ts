import { ReversalError } from '../../support/errors.ts'
import { NOTICEABLE_MS, Patience } from '../../support/patience.ts'
import { wait } from '../../support/wait.ts'
import { givenUp, patienceFor } from './patience.ts'
import type { Server } from './server.ts'
import { OutcomeUnknownError } from './transport.ts'

const MOST_ATTEMPTS = 4
/** Number of searches after an attempt with an unknown outcome; the server may still be working on it. */
const LOOKS = 3

export interface DoOnceOptions<T> {
  server: Server
  /** Send the request, which is not `repeatable`. */
  attempt: () => Promise<T>
  /** Finds what the attempts have created on the server. If there are several, keeps one and cancels the others. */
  find: () => Promise<T | undefined>
  signal?: AbortSignal | undefined
}

/**
 * Does something that costs money exactly once, even if answers get lost: before each retry, it looks for the result of
 * earlier attempts. Throws OutcomeUnknownError if that stays unknown, even if a later attempt fails in another way.
 */
export async function doOnce<T>({ server, attempt, find, signal }: DoOnceOptions<T>): Promise<T> {
  const patience = new Patience(patienceFor(server)).request()
  let unknown: OutcomeUnknownError | undefined
  for (let attempts = 1; ; attempts++) {
    try {
      const done = await attempt()
      // An earlier attempt may have succeeded late.
      return unknown === undefined ? done : ((await find()) ?? done)
    } catch (error) {
      signal?.throwIfAborted()
      if (unknown === undefined && !(error instanceof OutcomeUnknownError)) throw error
      unknown = asUnknown(error)
    }
    const failedAt = performance.now()
    const found = await look({ server, find, signal }).catch((error) => {
      signal?.throwIfAborted()
      throw asUnknown(error)
    })
    if (found !== undefined) return found
    const { failure } = unknown
    if (failure.kind === 'final' || (failure.kind === 'transient' && attempts === MOST_ATTEMPTS))
      throw unknown
    const kind = failure.kind === 'throttled' ? 'refused' : 'failed'
    const verdict = patience.after({ kind, askedMs: failure.retryAfterMs }, performance.now())
    if ('end' in verdict)
      throw new OutcomeUnknownError({ ...failure, error: givenUp(failure.error, verdict.end) })
    // The time of the looks counts.
    const ms = Math.max(0, verdict.ms - (performance.now() - failedAt))
    if (ms >= NOTICEABLE_MS) server.onWait({ ...verdict, reason: unknown.message, ms })
    await wait(ms, signal)
  }
}

async function look<T>({
  server,
  find,
  signal,
}: Pick<DoOnceOptions<T>, 'server' | 'find' | 'signal'>): Promise<T | undefined> {
  for (let look = 0; look < LOOKS; look++) {
    await wait(server.backoffMs * 2 ** look, signal)
    const found = await find()
    if (found !== undefined) return found
  }
  return undefined
}

/** For any further error, the outcome of an earlier attempt is still unknown. */
function asUnknown(error: unknown): OutcomeUnknownError {
  if (error instanceof OutcomeUnknownError) return error
  if (!(error instanceof ReversalError)) throw error
  return new OutcomeUnknownError({ kind: 'final', error, mayBeDone: true })
}
