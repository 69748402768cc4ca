import { join } from 'node:path'
import type { WrittenDataset } from '../../datasets/write-dataset.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { WandbWaiting } from '../../schemas/wandb.ts'
import { InputError, InterruptedError, ReversalError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import { acquireLock } from '../../support/lock.ts'
import type { RunStore } from '../run-store.ts'
import type { ConfigChange, SyncedRun, TagChange, TrackedRun, TrackedState, Tracker } from '../tracker.ts'
import { isUnavailable, TrackerUnavailableError } from '../tracker.ts'
import type { WandbClient } from './client.ts'
import { datasetRunName } from './describe-dataset.ts'
import { describeStored } from './describe-stored.ts'
import type { Project, WandbRun } from './queries.ts'
import { defaultEntity, findRun, noSuchRun, queryRuns } from './queries.ts'
import type { RunContent } from './run-content.ts'
import { askStates, rememberedState } from './run-states.ts'
import type { SyncOptions } from './sync.ts'
import { syncRun } from './sync.ts'
import type { Values } from './values.ts'
import { containsValues, isInternal } from './values.ts'
import { addWaiting, removeWaiting } from './wandb-memory.ts'

export interface WandbTrackerOptions extends Pick<SyncOptions, 'signal' | 'now' | 'settleMs'> {
  client: WandbClient
  /** The user or team; by default the owner of the key. */
  entity?: string | undefined
  project: string
  /** Address of W&B's pages. */
  appUrl: string
  store: RunStore
  cwd: string
}

/** Changes that a sync sends in addition to what the store holds. */
interface SyncChange extends Pick<RunContent, 'tagChange' | 'setConfig'> {
  /** Absolute path of the data set that the run holds. */
  dataset?: string
}

const LOCK = 'wandb.lock'
/** A plain folder name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/

/**
 * Weights & Biases as a mirror of the runs on this machine: whatever is recorded of a run, W&B is brought to hold all
 * that the run store holds of it. What cannot be sent is noted in the run's folder and goes with the next sync.
 */
export class WandbTracker implements Tracker {
  readonly name = 'wandb'
  readonly title = 'Weights & Biases'
  readonly #options: WandbTrackerOptions
  #entity: string | undefined

  constructor(options: WandbTrackerOptions) {
    this.#options = options
    this.#entity = options.entity
  }

  /** The project, and the entity if it is known without a request. */
  get place(): { entity: string | undefined; project: string } {
    return { entity: this.#entity, project: this.#options.project }
  }

  /**
   * Throws InputError WANDB_NO_RUN if neither side has the run; TrackerUnavailableError WANDB_UNAVAILABLE if the sync
   * can be done later, which is then noted.
   */
  async sync(run: string): Promise<SyncedRun> {
    return this.#sync(run)
  }

  async postpone(run: string): Promise<void> {
    const directory = this.#options.store.directory(run)
    await using _lock = await acquireLock(join(directory, LOCK))
    await addWaiting(directory, this.#waiting(), undefined)
  }

  async tag(run: string, change: TagChange): Promise<SyncedRun> {
    return this.#sync(run, { tagChange: change })
  }

  async recordEvaluation(run: string): Promise<SyncedRun> {
    return this.#sync(run)
  }

  async recordDataset({
    directory,
    manifest,
  }: Pick<WrittenDataset, 'directory' | 'manifest'>): Promise<SyncedRun> {
    return this.#sync(datasetRunName(manifest), { dataset: directory })
  }

  async previewConfig(run: string, values: Values): Promise<ConfigChange[]> {
    refuseInternal(values)
    const { config } = await this.#require(run)
    return Object.entries(values)
      .filter(([key, value]) => !containsValues(config, { [key]: value }))
      .map(([key, after]) => ({ key, before: config[key], after }))
  }

  async setConfig(run: string, values: Values): Promise<SyncedRun> {
    refuseInternal(values)
    return this.#sync(run, { setConfig: values })
  }

  /** A missing project counts as unreachable, as the first sync creates it. */
  async states(
    runs: readonly Pick<RunRecord, 'id' | 'fine_tuned_model'>[],
    { onUnavailable }: { onUnavailable: (error: ReversalError) => void },
  ): Promise<Map<string, TrackedState>> {
    const { client, store } = this.#options
    try {
      return await askStates({ client, runs, ...(await this.#project()) })
    } catch (error) {
      if (!isUnavailable(error) && !isNoProject(error)) throw error
      onUnavailable(error)
      const place = { base_url: client.baseUrl, ...this.place }
      const states = runs.map(
        async ({ id }) => [id, await rememberedState(store.directory(id), place)] as const,
      )
      return new Map(await Promise.all(states))
    }
  }

  async *taggedRuns(tag: string): AsyncGenerator<TrackedRun> {
    yield* queryRuns(this.#options.client, await this.#project(), { tags: { $in: [tag] } })
  }

  async url(run: string): Promise<string> {
    const { entity, project } = await this.#project()
    const [owner, own, name] = [entity, project, run].map(encodeURIComponent)
    return `${this.#options.appUrl}/${owner}/${own}/runs/${name}`
  }

  /** Asks W&B once for an entity that is not given. */
  async #project(): Promise<Project> {
    this.#entity ??= await defaultEntity(this.#options.client)
    return { entity: this.#entity, project: this.#options.project }
  }

  /** A run as W&B has it. Throws InputError WANDB_NO_RUN if it has none by that name. */
  async #require(name: string): Promise<WandbRun> {
    const project = await this.#project()
    const run = NAME.test(name) ? await findRun(this.#options.client, project, name) : undefined
    if (run === undefined) throw noSuchRun(project, name)
    return run
  }

  async #sync(name: string, { dataset, ...change }: SyncChange = {}): Promise<SyncedRun> {
    const directory = this.#options.store.directory(name)
    const known = NAME.test(name) && (dataset !== undefined || (await exists(directory)))
    if (!known) await this.#require(name)
    await using _lock = await acquireLock(join(directory, LOCK))
    const waiting = this.#waiting()
    await addWaiting(directory, waiting, dataset)
    try {
      const content = { ...(await describeStored(name, this.#options)), ...change }
      const result = await syncRun({ ...this.#options, ...(await this.#project()), content, directory })
      await removeWaiting(directory, waiting)
      return { ...result, url: await this.url(name) }
    } catch (error) {
      if (isFinal(error)) await removeWaiting(directory, waiting)
      throw isUnavailable(error) ? noted(error) : error
    }
  }

  #waiting(): WandbWaiting {
    const { client, project } = this.#options
    const entity = this.#entity
    return { base_url: client.baseUrl, ...(entity !== undefined && { entity }), project }
  }
}

/** Whether a later try would fail in the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof ReversalError && !(error instanceof InterruptedError) && !isUnavailable(error)
}

function noted({ message, code, cause }: TrackerUnavailableError): TrackerUnavailableError {
  return new TrackerUnavailableError(message, {
    code,
    suggestions: ['nothing is lost; send it later: reversal runs:sync'],
    cause,
  })
}

function isNoProject(error: unknown): error is InputError {
  return error instanceof InputError && error.code === 'WANDB_NO_PROJECT'
}

/** Throws InputError BAD_ASSIGNMENT for a key that W&B itself uses. */
function refuseInternal(values: Values): void {
  const key = Object.keys(values).find(isInternal)
  if (key === undefined) return
  throw new InputError(`Weights & Biases reserves ${key}: set another key.`, {
    code: 'BAD_ASSIGNMENT',
  })
}
