import { commandLine } from '../../lib/support/command-line.ts'
import type { ReversalError } from '../../lib/support/errors.ts'
import { plural } from '../../lib/support/numbers.ts'
import type { ListedRun } from '../../lib/tracking/list-runs.ts'
import type { ConfigChange, SyncedRun, Tracker } from '../../lib/tracking/tracker.ts'
import { placeFlags, WANDB } from '../flags/tracker.ts'
import { renderTable } from './table.ts'

/** A tracker's part of `--json`: `wandb` for Weights & Biases, `tracked` for any other. */
export interface Tracked<T> {
  wandb?: T
  tracked?: T
}

/** A tracker's data under its key in `--json`; nothing if it has none. */
export function told<T>(tracker: Pick<Tracker, 'name'> | undefined, value: T | undefined): Tracked<T> {
  if (tracker === undefined || value === undefined) return {}
  return tracker.name === WANDB ? { wandb: value } : { tracked: value }
}

/** The result of a sync, in one line. */
export function renderSync({ name, created, changed, lines, files, url }: SyncedRun): string {
  const counted = [
    ...(lines > 0 ? [plural(lines, 'row')] : []),
    ...(files > 0 ? [plural(files, 'file')] : []),
  ]
  const sent = counted.length > 0 ? counted.join(' and ') : 'its fields'
  const did = changed ? `${created ? 'made' : 'brought up to date'} with ${sent}` : 'was up to date'
  return `${name} ${did}: ${url}`
}

/** A warning about a tracker; other work continues. */
export function renderWarning({ message, suggestions: [hint] }: ReversalError): string {
  return `Warning: ${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** The changes to a run's config, one row each. */
export function renderConfigChanges(run: string, changes: readonly ConfigChange[]): string {
  if (changes.length === 0) return `The config of ${run} has these values already.`
  const cell = (value: unknown) => (value === undefined ? '' : JSON.stringify(value))
  return renderTable(
    [{ head: 'config' }, { head: 'now' }, { head: 'then' }],
    changes.map(({ key, before, after }) => [key, cell(before), cell(after)]),
  )
}

/** A command for each run that the tracker could hold but does not. */
export function syncSuggestions(
  runs: readonly ListedRun[],
  { name, place }: Pick<Tracker, 'name' | 'place'>,
): string[] {
  const flags = placeFlags(name, place)
  return runs
    .filter(({ status, tracked }) => status === 'succeeded' && tracked?.synced === false)
    .map(({ id }) => commandLine('runs:sync', { args: [id], flags }))
}
