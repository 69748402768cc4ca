import type { RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import type { Registered, Registry } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { openProvider } from './open-provider.ts'
import type { ProviderDescriptor, ProviderOptions } from './provider.ts'
import { hasEnded } from './run-status.ts'

export interface RefreshRunsOptions extends ProviderOptions {
  store: RunStore
  /** Called only if a run needs it: a list of runs that have ended loads no plugins. */
  providers: () => Promise<Registry<ProviderDescriptor>>
  /** IDs of the runs to refresh if they are incomplete; by default all that have not ended. */
  runs?: readonly string[] | undefined
  /** Also records runs that the server has and this machine does not know: those of the last days, or all. */
  discover?: { days?: number | undefined } | undefined
  /** If false, no requests are sent. */
  remote?: boolean | undefined
  /** Time limit for each server, in ms. */
  timeoutMs?: number | undefined
  signal: AbortSignal
}

const TIMEOUT_MS = 15_000
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Updates the records of hosted runs from their servers. Sends no requests if no run needs it and nothing is to be
 * discovered. A failure leaves the records unchanged; returns sentences about failures.
 */
export async function refreshRuns(options: RefreshRunsOptions): Promise<string[]> {
  const { store, providers, runs, discover, remote = true } = options
  if (!remote) return []
  const asked = (await store.list({ onDamaged: () => {} })).filter((run) =>
    runs === undefined ? !hasEnded(run) : runs.includes(run.id) && run.collected_at === undefined,
  )
  if (asked.length === 0 && discover === undefined) return []
  const elsewhere = (await providers()).list().filter(({ entry }) => entry.runs === 'elsewhere')
  const notes: string[] = []
  for (const registered of elsewhere) {
    const { name, discovers = false } = registered.entry
    const own = asked.filter(({ provider }) => provider === name)
    const looks = discovers && discover !== undefined
    if (own.length > 0 || looks) {
      notes.push(
        ...(await refreshProvider(registered, own, { ...options, discover: looks ? discover : undefined })),
      )
    }
  }
  return notes
}

async function refreshProvider(
  registered: Registered<ProviderDescriptor>,
  runs: readonly RunRecord[],
  { discover, timeoutMs = TIMEOUT_MS, ...options }: RefreshRunsOptions,
): Promise<string[]> {
  await using provider = await openProvider(registered, options)
  if (provider.runs !== 'elsewhere') return []
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
  for (const [reason, ids] of reasons) notes.push(`The status of ${ids.join(', ')} is unknown: ${reason}`)
  if (discover === undefined || provider.discover === undefined) return notes
  const since = discover.days === undefined ? undefined : new Date(Date.now() - discover.days * DAY_MS)
  try {
    const { skipped } = await provider.discover({ since, signal })
    if (skipped > 0)
      notes.push(`Left out, as the server gives no hyperparameters for them (yet): ${skipped}.`)
  } catch (error) {
    notes.push(`Other jobs cannot be listed: ${explain(error)}`)
  }
  return notes
}
