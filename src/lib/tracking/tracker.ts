import type { WrittenDataset } from '../datasets/write-dataset.ts'
import type { OptionsSchema, OptionValues } from '../schemas/option-values.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { ReversalErrorOptions } from '../support/errors.ts'
import { ReversalError } from '../support/errors.ts'
import type { Wait } from '../support/patience.ts'
import type { Descriptor } from '../support/registry.ts'
import type { RunStore } from './run-store.ts'

/** What a sync did, and where its result is to be seen. */
export interface SyncedRun {
  /** The run's ID. */
  name: string
  created: boolean
  /** Whether anything was written. */
  changed: boolean
  /** Rows that were sent. */
  lines: number
  files: number
  url: string
}

/** What a tracker holds of a run. */
export interface TrackedState {
  synced: boolean
  evaluated: boolean
}

/** A run as a tracker holds it, which this machine need not have. */
export interface TrackedRun {
  name: string
  /** Of it `fine_tuned_model` says which model it made, `training_files` of which data set. */
  config: Readonly<Record<string, unknown>>
}

/** A value of a run's config before and after. */
export interface ConfigChange {
  key: string
  /** Undefined where the config does not have it yet. */
  before?: unknown
  after: unknown
}

export interface TagChange {
  add?: readonly string[]
  remove?: readonly string[]
}

/**
 * A place elsewhere that mirrors the runs on this machine. What writes there throws TrackerUnavailableError where it can
 * be done later, once that is noted for the next sync; InterruptedError or the signal's reason where the user stops it.
 */
export interface Tracker {
  /** As its descriptor is called. */
  readonly name: string
  /** As sentences call it, such as "Weights & Biases". */
  readonly title: string
  /** Options that lead to this place again, as far as they are known without asking. */
  readonly place: Readonly<Record<string, string | undefined>>
  /** Bring it to hold all that this machine holds of a run, sending only what it does not hold. */
  sync(run: string): Promise<SyncedRun>
  /** Note that a run is to be sent with the next sync, without trying. */
  postpone(run: string): Promise<void>
  /** Change the tags of a run, which it alone may have. */
  tag(run: string, change: TagChange): Promise<SyncedRun>
  /** Send the evaluations of a run, which it alone may have. */
  recordEvaluation(run: string): Promise<SyncedRun>
  /** Make the run of a data set. */
  recordDataset(dataset: Pick<WrittenDataset, 'directory' | 'manifest'>): Promise<SyncedRun>
  /** What setting values would change in the config of a run. Throws InputError where it does not have the run. */
  previewConfig(run: string, values: Readonly<Record<string, unknown>>): Promise<ConfigChange[]>
  /** Set values in the config of a run, which later syncs leave in place. */
  setConfig(run: string, values: Readonly<Record<string, unknown>>): Promise<SyncedRun>
  /** What it holds of each run, by ID; where it cannot be asked, what this machine has sent. */
  states(
    runs: readonly Pick<RunRecord, 'id' | 'fine_tuned_model'>[],
    options: { onUnavailable: (error: ReversalError) => void },
  ): Promise<ReadonlyMap<string, TrackedState>>
  /** The runs that have a tag there. */
  taggedRuns(tag: string): AsyncIterable<TrackedRun>
  /** The page of a run. */
  url(run: string): Promise<string>
}

export type Environment = Readonly<Record<string, string | undefined>>

/** What a user says of a tracker. */
export interface TrackerSettings {
  /** Asked for by name, or by a flag of its own. */
  chosen: boolean
  /** Forbidden by a flag of its own. */
  refused: boolean
  /** As its schema of options has them. */
  options: OptionValues
  env: Environment
}

export interface OpenTrackerOptions extends TrackerSettings {
  /** The runs to mirror. */
  store: RunStore
  /** The home directory of the user, which holds settings files. */
  userHome: string
  cwd: string
  signal?: AbortSignal | undefined
  /** Told before each wait that a person would notice. */
  onWait?: ((wait: Wait) => unknown) | undefined
  /** Told where a key goes over a connection without encryption; `variable` is where the key comes from. */
  onOpenKey?: ((key: { variable: string; url: string }) => unknown) | undefined
}

/** A run to sync, and the place to sync it to. */
export interface SyncTask {
  name: string
  tracker: Tracker
}

/** What a tracker could not be sent, and the address that it waits for. */
export interface Waiting {
  address: string
  tasks: SyncTask[]
}

/** A tracker behind the door. */
export interface TrackerDescriptor extends Descriptor<Tracker, OpenTrackerOptions> {
  /** What `--tracker-option KEY=VALUE` may say. */
  readonly options: OptionsSchema
  /** Whether it is to be used. Throws InputError where settings contradict each other. */
  wanted(settings: TrackerSettings): boolean
  /** Throws InputError where settings are missing, wrong, or forbid it. Sends nothing. */
  open(options: OpenTrackerOptions): Promise<Tracker>
  /** What waits to be sent, whatever place the options name. */
  waiting(options: OpenTrackerOptions): Promise<Waiting>
}

/** What could not be sent now can be sent later. */
export class TrackerUnavailableError extends ReversalError {
  override readonly name = 'TrackerUnavailableError'

  constructor(message: string, options: Partial<ReversalErrorOptions> = {}) {
    super(message, { code: 'TRACKER_UNAVAILABLE', ...options })
  }
}

/** True where what could not be sent now can be sent later. */
export function isUnavailable(error: unknown): error is TrackerUnavailableError {
  return error instanceof TrackerUnavailableError
}
