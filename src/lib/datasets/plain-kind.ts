import { join } from 'node:path'
import { schemaCheck } from '../schemas/compile.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { exists } from '../support/files.ts'
import type { DatasetKind } from './dataset-kind.ts'
import { TRAINING_FILE } from './find-dataset.ts'
import { visitFiles } from './read-files.ts'

const check = schemaCheck(promptCompletionSchema)

/** A training file of any origin: only prompts and completions, without tests. */
export const plainKind: DatasetKind = {
  name: 'plain',
  summary: 'a training file of prompts and completions',
  evaluator: 'qa',
  takesTheRest: true,
  recognize: (directory) => exists(join(directory, TRAINING_FILE)),
  open: async () => ({
    validate: (directory, { trainingFile }) =>
      visitFiles<PromptCompletion, string>({ directory, names: [trainingFile], check }),
  }),
}
