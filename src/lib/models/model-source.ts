import type { RunRecord } from '../schemas/run.ts'
import type { ModelReference } from './model-client.ts'

/** Where the files of a run are. */
export interface RunPlace {
  /** Absolute path of the run's folder. */
  directory: string
}

/** What an evaluation needs from a run's provider: how to open the model. */
export interface ModelSource {
  readonly name: string
  readonly summary: string
  /** Prefix of the IDs of its runs, if its server assigns them. */
  readonly idsBegin?: string
  /** True if only a run of this provider, on the machine where it was trained, can have a model with this name. */
  namesModel?(name: string): boolean
  /** How the model that a run made, or will have made, is opened. */
  modelOf(run: RunRecord, place: RunPlace): ModelReference
}
