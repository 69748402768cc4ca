import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import type { Registry } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { ProviderDescriptor } from './provider.ts'
import { hasEnded } from './run-status.ts'

/** Whatever a server is known to have of it. */
const AT_WORK: ReadonlySet<string> = new Set(['queued', 'running', 'paused'])

/** Files that every job's folder has, and hardly any other folder. */
const OF_A_JOB = ['config.json', 'journal.py']

/**
 * Deletes runs with everything in their folders, and what their jobs left on storage that this machine sees. Returns
 * the folders that remain on other machines. Throws InputError RUN_ACTIVE, before it deletes anything, if a run is
 * active or a server has not ended its job.
 */
export async function deleteRuns({
  store,
  providers,
  runs,
}: {
  store: RunStore
  providers: Registry<ProviderDescriptor>
  runs: readonly RunRecord[]
}): Promise<string[]> {
  const active = runs.find((run) => AT_WORK.has(run.status) || (run.remote !== undefined && !hasEnded(run)))
  if (active !== undefined) {
    throw new InputError(`The run ${active.id} is ${active.status}: stop it first.`, {
      code: 'RUN_ACTIVE',
      suggestions: [`reversal finetune:cancel ${active.id}`],
    })
  }
  const left: string[] = []
  for (const run of runs) {
    const directory = store.directory(run.id)
    const files = providers.find(run.provider)?.entry.filesOf?.(run, { directory })
    if (files !== undefined && !(await deleteJobFolder(run, files))) left.push(files.folder)
    await store.delete(run.id)
  }
  return left
}

/** False if the folder is not on this machine, or something else has its name. */
async function deleteJobFolder(
  { id }: RunRecord,
  { folder, here }: { folder: string; here: boolean },
): Promise<boolean> {
  if (!here) return false
  if (!(await exists(folder))) return true
  const known = await Promise.all(OF_A_JOB.map((name) => exists(join(folder, name))))
  if (basename(folder) !== id || known.includes(false)) return false
  await rm(folder, { recursive: true, maxRetries: 10, retryDelay: 100 })
  return true
}
