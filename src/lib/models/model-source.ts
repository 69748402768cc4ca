import type { RunRecord } from '../schemas/run.ts'
import type { ModelReference } from './model-client.ts'

/** Where the files of a run lie. */
export interface RunPlace {
  /** Absolute path of the run's folder. */
  directory: string
}

/** What an evaluation needs from a run's provider: how to open the model. */
export interface ModelSource {
  readonly name: string
  readonly summary: string
  /** How the IDs of its runs begin where its server gives them. */
  readonly idsBegin?: string
  /** True for the name of a model that only this provider's runs have, on the machine where they were trained. */
  namesModel?(name: string): boolean
  /** How the model that a run made, or will have made, is opened. */
  modelOf(run: RunRecord, place: RunPlace): ModelReference
}
