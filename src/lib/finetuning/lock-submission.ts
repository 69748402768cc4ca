import { join } from 'node:path'
import type { RunRecord } from '../schemas/run.ts'
import { acquireLock } from '../support/lock.ts'
import type { RunStore } from '../tracking/run-store.ts'

/** Keeps other processes from submitting a run. Throws InputError LOCKED if one is submitting it now. */
export function lockSubmission(store: RunStore, { id }: RunRecord): Promise<AsyncDisposable> {
  return acquireLock(join(store.directory(id), 'submit.lock'))
}
