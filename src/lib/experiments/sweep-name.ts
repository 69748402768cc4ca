import type { FineTuneRequest } from '../finetuning/provider.ts'
import { sha256 } from '../support/files.ts'
import { asFolderName } from '../support/folder-name.ts'

/**
 * The name of a sweep, such as `sweep-first-3f2a1c`: the same grid on the same files has the same name, so that an
 * interrupted sweep continues and no other sweep replaces its report.
 */
export function sweepName(requests: readonly FineTuneRequest[]): string {
  const [first] = requests as [FineTuneRequest]
  const { trainingFile, validationFile } = first.dataset
  const runs = requests.map(({ model, hyperparameters, label }) => [model, hyperparameters, label])
  const mark = sha256(JSON.stringify([trainingFile, validationFile, runs])).slice(0, 6)
  return ['sweep', asFolderName(first.dataset.name), mark].join('-')
}
