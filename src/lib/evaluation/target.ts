import type { ModelReference } from '../models/model-client.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { InputError } from '../support/errors.ts'

/** A model to evaluate, on a data set. */
export interface EvaluationTarget {
  /** As users know it: a run's ID, the folder of a model, the name of a hosted one, or `gguf:PATH`. */
  name: string
  run?: RunRecord
  /** ID of the run that the evaluation belongs to, which may exist only on a tracker. */
  runId?: string
  /** Why it cannot be evaluated. */
  problem?: InputError | undefined
  /** The training file that a run names, if its data set is not on this machine. */
  missingFile?: string | undefined
  /** Absolute path; absent if neither the user nor the run names one. */
  datasetDirectory?: string | undefined
  /** Absolute; holds a folder for each evaluation of the model. */
  evaluationsDirectory: string
  model: ModelReference
}
