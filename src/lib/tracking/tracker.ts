import type { WrittenDataset } from '../datasets/write-dataset.ts'
import type { OptionsSchema, OptionValues } from '../schemas/option-values.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { ReversalErrorOptions } from '../support/errors.ts'
import { ReversalError } from '../support/errors.ts'
import type { Wait } from '../support/patience.ts'
import type { Descriptor } from '../support/registry.ts'
import type { RunStore } from './run-store.ts'

/** The result of a sync, and where to see it. */
export interface SyncedRun {
  /** The run's ID. */
  name: string
  created: boolean
  /** True if anything was written. */
  changed: boolean
  /** Rows that were sent. */
  lines: number
  files: number
  url: string
}

/** What a tracker has of a run. */
export interface TrackedState {
  synced: boolean
  evaluated: boolean
}

/** A run as a tracker has it; this machine may not have it. */
export interface TrackedRun {
  name: string
  /** `fine_tuned_model` names the model that the run made, `training_files` its training files. */
  config: Readonly<Record<string, unknown>>
}

/** A value of a run's config before and after. */
export interface ConfigChange {
  key: string
  /** Undefined if the config does not have it yet. */
  before?: unknown
  after: unknown
}

export interface TagChange {
  add?: readonly string[]
  remove?: readonly string[]
}

/**
 * A service that mirrors the runs on this machine. Methods that write throw TrackerUnavailableError if the change
 * cannot be sent now and has been noted for the next sync, and InterruptedError or the signal's reason if the user
 * stops them.
 */
export interface Tracker {
  /** As its descriptor is called. */
  readonly name: string
  /** As sentences call it, such as "Weights & Biases". */
  readonly title: string
  /** Options that select this place again, as far as they are known without a request. */
  readonly place: Readonly<Record<string, string | undefined>>
  /** Sends everything that this machine has of a run and the tracker does not. */
  sync(run: string): Promise<SyncedRun>
  /** Notes that a run must be sent with the next sync, without trying. */
  postpone(run: string): Promise<void>
  /** Changes the tags of a run, which may exist only on the tracker. */
  tag(run: string, change: TagChange): Promise<SyncedRun>
  /** Sends the evaluations of a run, which may exist only on the tracker. */
  recordEvaluation(run: string): Promise<SyncedRun>
  /** Creates the run of a data set. */
  recordDataset(dataset: Pick<WrittenDataset, 'directory' | 'manifest'>): Promise<SyncedRun>
  /**
   * The changes that setting values would make to the config of a run. Throws InputError if the tracker does not have
   * the run.
   */
  previewConfig(run: string, values: Readonly<Record<string, unknown>>): Promise<ConfigChange[]>
  /** Sets values in the config of a run, which later syncs leave in place. */
  setConfig(run: string, values: Readonly<Record<string, unknown>>): Promise<SyncedRun>
  /** What the tracker has of each run, by ID; if it cannot be reached, what this machine has sent. */
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

/** The user's settings for a tracker. */
export interface TrackerSettings {
  /** True if the user chose it by name or by one of its own flags. */
  chosen: boolean
  /** True if the user forbade it by one of its own flags. */
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
  /** Called before each wait that a person would notice. */
  onWait?: ((wait: Wait) => unknown) | undefined
  /** Called if a key is sent over an unencrypted connection; `variable` is where the key comes from. */
  onOpenKey?: ((key: { variable: string; url: string }) => unknown) | undefined
}

/** A run to sync, and the place to sync it to. */
export interface SyncTask {
  name: string
  tracker: Tracker
}

/** What could not be sent to a tracker yet, and its address. */
export interface Waiting {
  address: string
  tasks: SyncTask[]
}

/** A tracker behind the door. */
export interface TrackerDescriptor extends Descriptor<Tracker, OpenTrackerOptions> {
  /** Options for `--tracker-option KEY=VALUE`. */
  readonly options: OptionsSchema
  /** Whether to use the tracker. Throws InputError if settings contradict each other. */
  wanted(settings: TrackerSettings): boolean
  /** Throws InputError if settings are missing, wrong, or forbid it. Sends nothing. */
  open(options: OpenTrackerOptions): Promise<Tracker>
  /** What waits to be sent, to any place. */
  waiting(options: OpenTrackerOptions): Promise<Waiting>
}

/** Thrown if something could not be sent now but can be sent later. */
export class TrackerUnavailableError extends ReversalError {
  override readonly name = 'TrackerUnavailableError'

  constructor(message: string, options: Partial<ReversalErrorOptions> = {}) {
    super(message, { code: 'TRACKER_UNAVAILABLE', ...options })
  }
}

/** True if what could not be sent now can be sent later. */
export function isUnavailable(error: unknown): error is TrackerUnavailableError {
  return error instanceof TrackerUnavailableError
}
