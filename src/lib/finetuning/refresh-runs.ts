import type { RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { ProviderOptions } from './open-provider.ts'
import { isProvider, openProvider } from './open-provider.ts'
import { isHosted } from './provider.ts'
import { hasEnded } from './run-status.ts'

export interface RefreshRunsOptions extends ProviderOptions {
  store: RunStore
  /** IDs of the runs that are asked for where not all is known of them; all that have not ended where it is not given. */
  runs?: readonly string[] | undefined
  /** Also record runs that the server has and this machine does not know: those of so many days, or all. */
  discover?: { days?: number | undefined } | undefined
  /** False asks no server. */
  remote?: boolean | undefined
  /** Milliseconds that a server has to tell all. */
  timeoutMs?: number | undefined
  signal: AbortSignal
}

const TIMEOUT_MS = 15_000
const DAY_MS = 24 * 60 * 60 * 1000
/** The provider whose server is asked for runs that are not known here. */
const DISCOVERED = 'openai'

/**
 * Ask servers how hosted runs are, and record it. Where none needs it and nothing is to be discovered, nobody is asked.
 * What cannot be found out leaves the records as they are; gives back sentences on it.
 */
export async function refreshRuns(options: RefreshRunsOptions): Promise<string[]> {
  const { store, runs, discover, remote = true } = options
  if (!remote) return []
  const hosted = (await store.list({ onDamaged: () => {} })).filter(({ provider }) => provider !== 'local')
  const asked = hosted.filter((run) =>
    runs === undefined ? !hasEnded(run) : runs.includes(run.id) && run.collected_at === undefined,
  )
  const providers = new Set(asked.map(({ provider }) => provider))
  if (discover !== undefined) providers.add(DISCOVERED)
  const notes: string[] = []
  for (const name of providers) {
    if (!isProvider(name)) continue
    const own = asked.filter(({ provider }) => provider === name)
    notes.push(...(await refreshProvider(name, own, options)))
  }
  return notes
}

async function refreshProvider(
  name: string,
  runs: readonly RunRecord[],
  { discover, timeoutMs = TIMEOUT_MS, ...options }: RefreshRunsOptions,
): Promise<string[]> {
  await using provider = await openProvider(name, options)
  if (!isHosted(provider)) return []
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([options.signal, deadline])
  const notes: string[] = []
  const reasons = new Map<string, string[]>()
  const explain = (error: unknown) => {
    options.signal.throwIfAborted()
    if (deadline.aborted) return `there was no answer within ${timeoutMs / 1000} s.`
    if (error instanceof ReversalError) return error.message
    throw error
  }
  const asking = runs.map(async (run) => {
    let fresh: RunRecord | undefined
    try {
      fresh = await provider.refresh(run, { signal })
      notes.push(...(await provider.collect(fresh, { signal })))
    } catch (error) {
      const reason = explain(error)
      if (fresh !== undefined)
        notes.push(`Not all of ${run.id} (${fresh.status}) could be fetched: ${reason}`)
      else reasons.set(reason, [...(reasons.get(reason) ?? []), run.id])
    }
  })
  await Promise.all(asking)
  for (const [reason, ids] of reasons) notes.push(`Not known how ${ids.join(', ')} went on: ${reason}`)
  if (discover === undefined) return notes
  const since = discover.days === undefined ? undefined : new Date(Date.now() - discover.days * DAY_MS)
  try {
    const { skipped } = await provider.discover({ since, signal })
    if (skipped > 0)
      notes.push(`Jobs of the server that do not say (yet) what they are made with: ${skipped}.`)
  } catch (error) {
    notes.push(`Not known what other jobs there are: ${explain(error)}`)
  }
  return notes
}
