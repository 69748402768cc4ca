import { commandLine } from '../../lib/support/command-line.ts'
import type { ReversalError } from '../../lib/support/errors.ts'
import { plural } from '../../lib/support/plural.ts'
import type { ListedRun } from '../../lib/tracking/list-runs.ts'
import type { ConfigChange } from '../../lib/tracking/wandb/set-config.ts'
import type { SyncedRun, WandbTracker } from '../../lib/tracking/wandb/tracker.ts'
import { renderTable } from './table.ts'

/** What a sync did, in one line. */
export function renderSync({ name, created, changed, lines, files, url }: SyncedRun): string {
  const counted = [
    ...(lines > 0 ? [plural(lines, 'row')] : []),
    ...(files > 0 ? [plural(files, 'file')] : []),
  ]
  const sent = counted.length > 0 ? counted.join(' and ') : 'its fields'
  const did = changed ? `${created ? 'made' : 'brought up to date'} with ${sent}` : 'was up to date'
  return `${name} ${did}: ${url}`
}

/** Something about Weights & Biases that keeps nothing else from being done. */
export function renderWarning({ message, suggestions: [hint] }: ReversalError): string {
  return `Warning: ${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** What setting values changes in a run's config: a row for each. */
export function renderConfigChanges(run: string, changes: readonly ConfigChange[]): string {
  if (changes.length === 0) return `The config of ${run} has these values already.`
  const cell = (value: unknown) => (value === undefined ? '' : JSON.stringify(value))
  return renderTable(
    [{ head: 'config' }, { head: 'now' }, { head: 'then' }],
    changes.map(({ key, before, after }) => [key, cell(before), cell(after)]),
  )
}

/** A command for each run that is not on Weights & Biases and could be. */
export function syncSuggestions(
  runs: readonly ListedRun[],
  { entity, project }: WandbTracker['named'],
): string[] {
  const flags = { 'wandb-entity': entity, 'wandb-project': project }
  return runs
    .filter(({ status, wandb }) => status === 'succeeded' && wandb?.synced === false)
    .map(({ id }) => commandLine('runs:sync', { args: [id], flags }))
}
