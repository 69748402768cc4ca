import { join } from 'node:path'
import type { WrittenDataset } from '../../datasets/write-dataset.ts'
import { readManifest } from '../../datasets/write-dataset.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { ScoredSample } from '../../schemas/evaluation.ts'
import { scoredSampleSchema } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { WandbWaiting } from '../../schemas/wandb.ts'
import { InputError, InterruptedError, ReversalError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import { acquireLock } from '../../support/lock.ts'
import type { RunStore } from '../run-store.ts'
import type { RunTracker } from '../run-tracker.ts'
import type { WandbClient } from './client.ts'
import { datasetRunName, describeDataset } from './describe-dataset.ts'
import { describeEvaluation, EVALUATION } from './describe-evaluation.ts'
import { describeRun, seconds } from './describe-run.ts'
import { isUnavailable } from './http.ts'
import type { Project, WandbRun } from './queries.ts'
import { defaultEntity, findRun, noSuchRun, queryRuns } from './queries.ts'
import type { RunContent } from './run-content.ts'
import type { SyncOptions, SyncResult } from './sync.ts'
import { syncRun } from './sync.ts'
import type { Values } from './values.ts'
import { addWaiting, readMemory, removeWaiting } from './wandb-memory.ts'

export interface WandbTrackerOptions extends Pick<SyncOptions, 'signal' | 'now' | 'settleMs'> {
  client: WandbClient
  /** The user or team; the one that the key belongs to where it is not given. */
  entity?: string | undefined
  project: string
  /** Address of W&B's pages. */
  appUrl: string
  store: RunStore
  cwd: string
}

/** What a sync brings along beside what the store holds. */
interface SyncChange extends Pick<RunContent, 'tagChange' | 'setConfig'> {
  /** Absolute path of the data set that the run holds. */
  dataset?: string
}

/** A sync and where its result is to be seen. */
export interface SyncedRun extends SyncResult {
  url: string
}

const checkSample = schemaCheck(scoredSampleSchema)
const LOCK = 'wandb.lock'
/** A plain folder name. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/

/**
 * Weights & Biases as a mirror of the runs on this machine: whatever is recorded of a run, W&B is brought to hold all
 * that the run store holds of it. What cannot be sent is noted in the run's folder and goes with the next sync.
 */
export class WandbTracker implements RunTracker {
  readonly name = 'wandb'
  readonly #options: WandbTrackerOptions
  #entity: string | undefined

  constructor(options: WandbTrackerOptions) {
    this.#options = options
    this.#entity = options.entity
  }

  async save(run: RunRecord): Promise<void> {
    await this.sync(run.id)
  }

  async log(runId: string): Promise<void> {
    await this.sync(runId)
  }

  /** Tags a run that only W&B has, too. */
  async tag(
    runId: string,
    change: { add?: readonly string[]; remove?: readonly string[] },
  ): Promise<SyncedRun> {
    return this.#sync(runId, { tagChange: change })
  }

  async recordEvaluation(runId: string): Promise<SyncedRun> {
    return this.sync(runId)
  }

  /** Set values in a run's config, which later syncs leave in place. */
  async setConfig(runId: string, values: Values): Promise<SyncedRun> {
    return this.#sync(runId, { setConfig: values })
  }

  /** Make the run of a data set, with its files. */
  async recordDataset({
    directory,
    manifest,
  }: Pick<WrittenDataset, 'directory' | 'manifest'>): Promise<SyncedRun> {
    return this.#sync(datasetRunName(manifest), { dataset: directory })
  }

  /**
   * Bring W&B to hold all that this machine holds of a run. Throws InputError WANDB_NO_RUN for a run that neither has;
   * ReversalError WANDB_UNAVAILABLE where it can be done later, which is then noted.
   */
  async sync(name: string): Promise<SyncedRun> {
    return this.#sync(name)
  }

  /** Note that a run is to be sent with the next sync, without trying. */
  async postpone(name: string): Promise<void> {
    const directory = this.#options.store.directory(name)
    await using _lock = await acquireLock(join(directory, LOCK))
    await addWaiting(directory, this.#waiting(), undefined)
  }

  /** Runs of the project on W&B, by a filter in MongoDB's words. */
  async *query(filters: object): AsyncGenerator<WandbRun> {
    yield* queryRuns(this.#options.client, await this.place(), filters)
  }

  /** A run as W&B has it. Throws InputError WANDB_NO_RUN where it has none of that name. */
  async require(name: string): Promise<WandbRun> {
    const place = await this.place()
    const run = NAME.test(name) ? await findRun(this.#options.client, place, name) : undefined
    if (run === undefined) throw noSuchRun(place, name)
    return run
  }

  /** What this machine has sent of a run to the project. */
  async remember(name: string): Promise<{ synced: boolean; evaluated: boolean }> {
    const { client, project, store } = this.#options
    const { destinations } = await readMemory(store.directory(name))
    const own = destinations.filter(
      (place) =>
        place.base_url === client.baseUrl &&
        place.project === project &&
        (this.#entity === undefined || place.entity === this.#entity),
    )
    const lines = own.flatMap((destination) => destination.lines)
    return {
      synced: own.some(({ synced_at }) => synced_at !== undefined),
      evaluated: lines.some(({ of, sent }) => sent && of.startsWith(EVALUATION)),
    }
  }

  /** The project, and the entity where it is known without asking. */
  get named(): { entity?: string | undefined; project: string } {
    return { entity: this.#entity, project: this.#options.project }
  }

  /** The page of a run. */
  async url(name: string): Promise<string> {
    const { entity, project } = await this.place()
    const [owner, own, run] = [entity, project, name].map(encodeURIComponent)
    return `${this.#options.appUrl}/${owner}/${own}/runs/${run}`
  }

  /** Entity and project; asks W&B once for an entity that is not given. */
  async place(): Promise<Project> {
    this.#entity ??= await defaultEntity(this.#options.client)
    return { entity: this.#entity, project: this.#options.project }
  }

  async #sync(name: string, { dataset, ...change }: SyncChange = {}): Promise<SyncedRun> {
    const directory = this.#options.store.directory(name)
    const known = NAME.test(name) && (dataset !== undefined || (await exists(directory)))
    if (!known) await this.require(name)
    await using _lock = await acquireLock(join(directory, LOCK))
    const waiting = this.#waiting()
    await addWaiting(directory, waiting, dataset)
    try {
      const content = { ...(await this.#describe(name)), ...change }
      const result = await syncRun({ ...this.#options, ...(await this.place()), content, directory })
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

  /** All that this machine holds of a run. */
  async #describe(name: string): Promise<RunContent> {
    const { store, cwd } = this.#options
    const { dataset } = await readMemory(store.directory(name))
    if (dataset !== undefined) {
      const manifest = await readManifest(dataset)
      if (manifest !== undefined && datasetRunName(manifest) === name) {
        return describeDataset({ directory: dataset, manifest, cwd })
      }
      throw new InputError(`${dataset} no longer holds the data set of ${name}.`, {
        code: 'DATASET_NOT_FOUND',
      })
    }
    const run = await store.find(name)
    const content: RunContent =
      run === undefined ? { name } : await describeRun({ run, events: await store.events(name), cwd })
    const start = run === undefined ? undefined : seconds(run.started_at ?? run.created_at)
    const evaluations = await this.#evaluations(name, start)
    if (evaluations.length === 0) return content
    return {
      ...content,
      config: Object.assign({}, content.config, ...evaluations.map(({ config }) => config)),
      records: evaluations.map(({ record }) => record),
      files: [...(content.files ?? []), ...evaluations.flatMap(({ files }) => files)],
    }
  }

  /** Complete evaluations, the earliest first. */
  async #evaluations(name: string, start: number | undefined) {
    const { store, cwd } = this.#options
    const summaries = (await store.evaluations(name))
      .filter(({ status }) => status === 'complete')
      .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
    return Promise.all(
      summaries.map(async (summary) => {
        const file = join(store.evaluationsDirectory(name), summary.id, 'samples.jsonl')
        const samples = (await exists(file))
          ? await readJsonl<ScoredSample>(file, { check: checkSample, allowEmpty: true, journal: true })
          : []
        return describeEvaluation({ summary, samples, start: start ?? seconds(summary.created_at), cwd })
      }),
    )
  }
}

/** Whether trying again at another time ends the same. */
function isFinal(error: unknown): boolean {
  return error instanceof ReversalError && !(error instanceof InterruptedError) && !isUnavailable(error)
}

function noted({ message, code, cause }: ReversalError): ReversalError {
  return new ReversalError(message, {
    code,
    suggestions: ['nothing is lost, send it later: reversal runs:sync'],
    cause,
  })
}

/** Runs on this machine of which something waits to be sent to W&B, and where to. */
export async function listWaiting(
  store: RunStore,
): Promise<{ name: string; waiting: readonly WandbWaiting[] }[]> {
  const names = await store.folders()
  const memories = await Promise.all(
    names.map(async (name) => ({ name, waiting: (await readMemory(store.directory(name))).waiting })),
  )
  return memories.filter(({ waiting }) => waiting.length > 0)
}
