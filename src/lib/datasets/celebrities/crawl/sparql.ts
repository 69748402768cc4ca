import { connectionFault } from '../../../support/connection-faults.ts'
import { proxyHints } from '../../../support/connections.ts'
import { InputError, ReversalError } from '../../../support/errors.ts'
import { openFetch } from '../../../support/fetch-from-host.ts'
import { plural } from '../../../support/numbers.ts'
import type { End, PatienceSettings, Trouble, Wait } from '../../../support/patience.ts'
import { NOTICEABLE_MS, Patience } from '../../../support/patience.ts'
import { readRetryAfter } from '../../../support/retry-after.ts'
import { shownAddress } from '../../../support/shown-address.ts'
import { wait } from '../../../support/wait.ts'
import { watchSilence } from '../../../support/watch-silence.ts'

/** A row of an answer: the bound variables, each with the text of its value. */
export type Binding = Record<string, string>

export interface SparqlEndpoint {
  url: string
  /** Identifies the tool and how to reach its authors, as Wikimedia's user-agent policy requires. */
  userAgent: string
  /** Time limit of a query, in ms. Wikidata itself ends one after 60 s. */
  timeoutMs?: number | undefined
  /** Wait before the second attempt, in ms, doubled before each further one; `Retry-After` may ask for more. */
  backoffMs?: number | undefined
  /** Called for each wait that a user would notice. */
  onWait?: ((wait: Wait) => unknown) | undefined
}

const PATIENCE: PatienceSettings = {
  backoffMs: 2000,
  longestBackoffMs: 60_000,
  tries: 6,
  refusalsCount: true,
  longestOwnWaitMs: 600_000,
  longestWaitMs: 600_000,
}

/**
 * Queries a SPARQL endpoint. Retries after errors of busy and failing servers, time-outs and cut-off answers, at the
 * server's pace. Throws ReversalError SPARQL_FAILED with the last problem, SPARQL_REFUSED if the query itself is
 * refused, InputError BAD_ENDPOINT for an invalid address, REDIRECTED and BAD_PROXY.
 */
export async function querySparql(
  query: string,
  endpoint: SparqlEndpoint,
  signal?: AbortSignal,
): Promise<Binding[]> {
  const { host } = checkedUrl(endpoint.url)
  const { backoffMs = PATIENCE.backoffMs } = endpoint
  const patience = new Patience({ ...PATIENCE, backoffMs }).request()
  const connections = await openFetch()
  try {
    for (;;) {
      const outcome = await askOnce({ query, endpoint, fetch: connections.fetch, signal })
      if ('bindings' in outcome) return outcome.bindings
      const verdict = patience.after(outcome, performance.now())
      if ('end' in verdict) {
        throw new ReversalError(`${host} ${outcome.problem}${describeEnd(verdict.end)}.`, {
          code: 'SPARQL_FAILED',
          suggestions: [
            'run the same command later: fetched results are kept',
            'ask for fewer people at once: --page-size',
            ...(outcome.kind === 'offline' ? proxyHints() : []),
          ],
        })
      }
      if (verdict.ms >= NOTICEABLE_MS)
        endpoint.onWait?.({ reason: `${host} ${outcome.problem}.`, ...verdict })
      await wait(verdict.ms, signal)
    }
  } finally {
    await connections.close()
  }
}

function describeEnd({ kind, tries, ms }: End): string {
  return kind === 'tries'
    ? `, at the ${tries}th attempt`
    : ` and asks for a wait of ${plural(Math.ceil(ms / 60_000), 'minute')}`
}

function checkedUrl(text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url
  throw new InputError(
    `The endpoint ${shownAddress(text)} is not an address such as https://query.wikidata.org/sparql.`,
    { code: 'BAD_ENDPOINT' },
  )
}

type Outcome = { bindings: Binding[] } | (Trouble & { problem: string })

interface AskOptions {
  query: string
  endpoint: SparqlEndpoint
  fetch: typeof fetch
  signal: AbortSignal | undefined
}

async function askOnce({ query, endpoint, fetch, signal }: AskOptions): Promise<Outcome> {
  const { url, userAgent, timeoutMs = 70_000 } = endpoint
  const timeout = AbortSignal.timeout(timeoutMs)
  using _silence = watchSilence({ name: new URL(url).host, timeoutMs, onWait: endpoint.onWait })
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
    const { status } = response
    const text = await response.text()
    if (response.ok) return parseAnswer(text)
    if (status === 429 || status >= 500) {
      const kind = status === 429 ? 'refused' : 'failed'
      const askedMs = readRetryAfter(response.headers, Date.now())
      return { kind, problem: `answers ${status}`, askedMs }
    }
    throw new ReversalError(
      `${new URL(url).host} refuses the query (${status}: ${text.trim().split('\n')[0]!.slice(0, 200)}).`,
      { code: 'SPARQL_REFUSED' },
    )
  } catch (error) {
    if (error instanceof ReversalError) throw error
    signal?.throwIfAborted()
    if (timeout.aborted) return { kind: 'failed', problem: `does not answer within ${timeoutMs / 1000} s` }
    const fault = connectionFault(error)
    if (fault === undefined) throw error
    return {
      kind: fault.kind === 'offline' ? 'offline' : 'failed',
      problem: `cannot be reached (${fault.reason})`,
    }
  }
}

/**
 * Parses results in JSON (W3C SPARQL 1.1 Query Results JSON Format). Wikidata cuts an answer off when it runs out of
 * time.
 */
function parseAnswer(text: string): Outcome {
  try {
    const { results } = JSON.parse(text) as { results: { bindings: Record<string, { value: string }>[] } }
    const bindings = results.bindings.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, String(value)])),
    )
    return { bindings }
  } catch {
    return { kind: 'failed', problem: 'sends an incomplete answer' }
  }
}
