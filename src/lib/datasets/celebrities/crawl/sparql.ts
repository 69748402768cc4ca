import { ReversalError } from '../../../support/errors.ts'
import { readRetryAfter } from '../../../support/retry-after.ts'
import { wait } from '../../../support/wait.ts'

/** A row of an answer: the bound variables, each with the text of its value. */
export type Binding = Record<string, string>

export interface SparqlEndpoint {
  url: string
  /** Says who asks and how to reach them, as Wikimedia's user-agent policy wants. */
  userAgent: string
  /** A query is given up after this time. Wikidata itself ends one after 60 s. */
  timeoutMs?: number | undefined
  /** Wait before the second attempt, twice as long before each further one; `Retry-After` overrules it. */
  backoffMs?: number | undefined
}

const ATTEMPTS = 6
const LONGEST_BACKOFF_MS = 60_000
/** An endpoint that asks for a longer wait is left for another time. */
const LONGEST_WAIT_MS = 600_000

/**
 * Ask a SPARQL endpoint. Busy and failing servers, time-outs and cut-off answers are tried again, at the server's pace.
 * Throws ReversalError SPARQL_FAILED with the last problem, SPARQL_REFUSED where the query itself is refused.
 */
export async function querySparql(
  query: string,
  endpoint: SparqlEndpoint,
  signal?: AbortSignal,
): Promise<Binding[]> {
  const { url, backoffMs = 2000 } = endpoint
  for (let attempt = 1; ; attempt++) {
    const outcome = await askOnce(query, endpoint, signal)
    if ('bindings' in outcome) return outcome.bindings
    const waitMs = outcome.retryAfterMs ?? Math.min(LONGEST_BACKOFF_MS, backoffMs * 2 ** (attempt - 1))
    if (attempt === ATTEMPTS || waitMs > LONGEST_WAIT_MS) {
      const end =
        attempt === ATTEMPTS
          ? `, at the ${ATTEMPTS}th attempt`
          : ` and asks for a wait of ${Math.ceil(waitMs / 60_000)} minutes`
      throw new ReversalError(`${new URL(url).host} ${outcome.problem}${end}.`, {
        code: 'SPARQL_FAILED',
        suggestions: ['go on later: what was fetched is kept', 'ask for less at once: --page-size'],
      })
    }
    await wait(waitMs, signal)
  }
}

type Outcome = { bindings: Binding[] } | { problem: string; retryAfterMs?: number | undefined }

async function askOnce(query: string, endpoint: SparqlEndpoint, signal?: AbortSignal): Promise<Outcome> {
  const { url, userAgent, timeoutMs = 70_000 } = endpoint
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/sparql-results+json',
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': userAgent,
      },
      body: new URLSearchParams({ query }),
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    })
    const text = await response.text()
    if (response.ok) return parseAnswer(text)
    if (response.status === 429 || response.status >= 500) {
      const retryAfterMs = readRetryAfter(response.headers, Date.now())
      return { problem: `answers ${response.status}`, retryAfterMs }
    }
    throw new ReversalError(
      `${new URL(url).host} refuses the query (${response.status}: ${text.trim().split('\n')[0]!.slice(0, 200)}).`,
      { code: 'SPARQL_REFUSED' },
    )
  } catch (error) {
    if (error instanceof ReversalError) throw error
    signal?.throwIfAborted()
    if (timeout.aborted) return { problem: `does not answer within ${timeoutMs / 1000} s` }
    const { cause, message } = error as Error
    return { problem: `cannot be reached (${cause instanceof Error ? cause.message : message})` }
  }
}

/** Results in JSON (W3C SPARQL 1.1 Query Results JSON Format). Wikidata cuts an answer off where it runs out of time. */
function parseAnswer(text: string): Outcome {
  try {
    const { results } = JSON.parse(text) as { results: { bindings: Record<string, { value: string }>[] } }
    const bindings = results.bindings.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, String(value)])),
    )
    return { bindings }
  } catch {
    return { problem: 'sends no whole answer' }
  }
}
