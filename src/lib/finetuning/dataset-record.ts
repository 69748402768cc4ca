import type { RunRecord } from '../schemas/run.ts'
import { sha256File } from '../support/files.ts'
import type { FineTuneRequest } from './provider.ts'

/** The data set of a request as runs record it: its files with their checksums and their numbers of examples. */
export async function datasetRecord(
  { name, directory, trainingFile, validationFile, heldOut }: FineTuneRequest['dataset'],
  { training, validation }: { training: number; validation: number },
): Promise<RunRecord['dataset']> {
  return {
    name,
    ...(directory !== undefined && { directory }),
    training_file: trainingFile,
    training_sha256: await sha256File(trainingFile),
    n_train: training,
    ...(validationFile !== undefined && {
      validation_file: validationFile,
      validation_sha256: await sha256File(validationFile),
      n_valid: validation,
    }),
    ...(heldOut && { held_out: heldOut }),
  }
}
