import type { RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import { sha256File } from '../support/files.ts'

/** Throws InputError TRAINING_FILE_CHANGED if the training file has changed since the run was made. */
export async function refuseChangedFile({ id, dataset }: RunRecord): Promise<void> {
  const { training_file: file, training_sha256: expected } = dataset
  if (expected === undefined || (await sha256File(file)) === expected) return
  throw new InputError(`${file} has changed since the run ${id} was started with it.`, {
    code: 'TRAINING_FILE_CHANGED',
    suggestions: ['start a new run: reversal finetune:start', 'restore the file'],
  })
}
