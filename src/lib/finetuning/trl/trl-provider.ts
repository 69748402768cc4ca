import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Engine, EngineDescriptor, JobStatus, Machines, WantedMachines } from '../../compute/engine.ts'
import { chooseEngine, refuseForeignFlags } from '../../compute/engines.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { thisProcess } from '../../support/process-identity.ts'
import { wait } from '../../support/wait.ts'
import { newRunId } from '../../tracking/run-id.ts'
import { datasetRecord } from '../dataset-record.ts'
import { lockSubmission } from '../lock-submission.ts'
import type {
  ClusterOptions,
  Diagnosis,
  FineTuneEstimate,
  FineTuneRequest,
  JobProvider,
  ProviderOptions,
  TogetherOptions,
  TrainableModel,
} from '../provider.ts'
import { hasEnded } from '../run-status.ts'
import { refuseChangedFile } from '../unchanged-file.ts'
import { describeBase, nameBase } from './base-model.ts'
import { collectEvents } from './collect-events.ts'
import { diagnoseTrl } from './diagnose.ts'
import type { TrainerResult } from './job-folder.ts'
import {
  eventsOfLog,
  fillJobFolder,
  lastWordsOf,
  readResult,
  resultOfEvents,
  seesStorage,
  TRAINER_SCRIPTS,
} from './job-folder.ts'
import { isUnderWay, withJobFacts } from './job-outcome.ts'
import type { OwnTrainer } from './own-trainer.ts'
import { trainerHyperparameters, trainerProgram, writeOwnTrainer } from './own-trainer.ts'
import type { TrainingJobPlan } from './plan-job.ts'
import { planJob } from './plan-job.ts'
import { trlHyperparameters } from './trl-hyperparameters.ts'
import type { TrlRequest } from './trl-run.ts'
import { filesOf, jobOf, requestOf, TRL } from './trl-run.ts'

/** Used if no cluster is given. */
const NO_CLUSTER: ClusterOptions = { cwd: '', environment: async () => ({}) }
const CHECKPOINT_EVERY = 200
const POLL_MS = 1000
/** How long a cancelled job is waited for: it saves a checkpoint first. */
const STOP_PATIENCE_MS = 30_000

/** Fine-tuning by Hugging Face's TRL. Its jobs run on the machines of an engine, whether anybody looks or not. */
export class TrlProvider implements JobProvider {
  readonly name = TRL
  readonly runs = 'elsewhere'
  readonly #options: ProviderOptions
  readonly #cluster: ClusterOptions
  readonly #now: () => Date
  readonly #engines = new Map<string, Promise<Engine>>()
  readonly #machines = new Map<string, Promise<Machines>>()

  constructor(options: ProviderOptions) {
    const { now = () => new Date(), cluster = NO_CLUSTER } = options
    this.#options = options
    this.#cluster = cluster
    this.#now = now
  }

  async models(): Promise<TrainableModel[]> {
    return [
      { name: 'hf:ORG/NAME', description: 'any causal model of the Hugging Face Hub' },
      { name: 'FOLDER', description: 'a model in Hugging Face’s layout' },
    ]
  }

  nameModel(name: string, { cwd, signal }: { cwd: string; signal: AbortSignal }): Promise<string> {
    return nameBase(name, { cwd, hub: this.#options.hub, signal })
  }

  hyperparametersOf(request: FineTuneRequest): RunRecord['hyperparameters'] {
    return { ...trlHyperparameters(request), ...trainerHyperparameters(this.#cluster.trainer) }
  }

  async estimate(request: FineTuneRequest): Promise<FineTuneEstimate> {
    const { plan, problem, machines, engine, site } = await this.#plan(request)
    const { storage, trainer } = this.#cluster
    const { examples, steps, tokensPerEpoch, memory, config, resources, warnings } = plan
    return {
      ...{ examples, tokensPerEpoch, steps, tokens: tokensPerEpoch * config.epochs },
      durationS: await this.#duration(request, tokensPerEpoch * config.epochs),
      costUsd: 0,
      ...(memory && { memoryBytes: memory.bytes }),
      job: {
        ...{ engine: engine.name, script: trainer === undefined ? 'train.py' : 'command.py', config },
        ...resources,
        ...(trainer !== undefined && { command: trainer.command }),
        ...(site !== undefined && { site }),
        python: machines?.python ?? this.#cluster.python ?? 'python3',
        ...(storage !== undefined && { storage: resolve(this.#cluster.cwd, storage) }),
      },
      warnings: [...(problem === undefined ? [] : [problem]), ...warnings],
    }
  }

  async create(request: FineTuneRequest): Promise<RunRecord> {
    const { store, toolVersion } = this.#options
    const { plan, machines, engine, site, sees, runsHere } = await this.#plan(request)
    const { storage, cwd, trainer } = this.#cluster
    const { model, dataset, suffix, label, tags = [] } = request
    const id = newRunId()
    const { config, resources } = plan
    const own: TrlRequest = {
      engine: engine.name,
      ...(site !== undefined && { site }),
      folder: storage === undefined ? join(store.directory(id), 'job') : join(resolve(cwd, storage), id),
      ...(!sees && { files: join(store.directory(id), 'job') }),
      python: machines?.python ?? 'python3',
      ...{ resources, config, runs_here: runsHere, attempt: 0 },
      ...(trainer !== undefined && { trainer }),
    }
    const run: RunRecord = {
      ...{ id, provider: this.name, model },
      ...(suffix !== undefined && { suffix }),
      ...(label !== undefined && { label }),
      dataset: await datasetRecord(dataset, {
        training: plan.examples,
        validation: plan.validationExamples,
      }),
      hyperparameters: this.hyperparametersOf(request),
      status: 'pending',
      tags: [...tags],
      created_at: this.#now().toISOString(),
      progress: { step: 0, total_steps: plan.steps },
      cost_usd: 0,
      process: thisProcess(),
      request: { ...own },
      tool_version: toolVersion,
    }
    await store.save(run)
    return run
  }

  /** Hand over the next attempt of a run, or find the one that was handed over unseen. */
  async submit(run: RunRecord, { signal }: { signal: AbortSignal }): Promise<RunRecord> {
    const { store } = this.#options
    await using _lock = await lockSubmission(store, run)
    const stored = await store.get(run.id)
    const { attempt } = requestOf(stored)
    const engine = await this.#engineOf(stored)
    const status = attempt === 0 ? undefined : await engine.status(jobOf(stored), { signal })
    const before = attempt === 0 ? stored : await this.#record(stored, engine, signal)
    // Events that are only in the log would be lost in the next attempt's.
    if (attempt > 0) await collectEvents({ engine, store, run: before, now: this.#now, signal })
    if (before.status === 'succeeded') throw ended(before)
    if (status !== undefined && isUnderWay(status)) {
      // It was submitted although no process recorded it.
      if (stored.status === 'interrupted' || stored.status === 'pending') return before
      throw active(before)
    }
    const isNew = status === undefined || status.state !== 'unknown'
    const [submitted] = await this.#handOver([before], engine, {
      attempt: isNew ? attempt + 1 : attempt,
      signal,
    })
    return submitted!
  }

  get submitTogether(): JobProvider['submitTogether'] {
    const { arraySize } = chooseEngine(this.#cluster.engine)
    if (arraySize === undefined) return undefined
    return async (runs, { atOnce, signal }) => {
      const { store } = this.#options
      const submitted: RunRecord[] = []
      for (let start = 0; start < runs.length; start += arraySize) {
        await using locks = new AsyncDisposableStack()
        const own = runs.slice(start, start + arraySize)
        for (const run of own) locks.use(await lockSubmission(store, run))
        const engine = await this.#engineOf(own[0]!)
        submitted.push(...(await this.#handOver(own, engine, { attempt: 1, atOnce, signal })))
      }
      return submitted
    }
  }

  async refresh(run: RunRecord, { signal }: { signal?: AbortSignal } = {}): Promise<RunRecord> {
    const current = await this.#options.store.get(run.id)
    if (hasEnded(current) || requestOf(current).attempt === 0) return current
    return this.#record(current, await this.#engineOf(current), signal)
  }

  async collect(run: RunRecord, { signal }: { signal: AbortSignal }): Promise<string[]> {
    if (requestOf(run).attempt === 0) return []
    const { store } = this.#options
    await collectEvents({ engine: await this.#engineOf(run), store, run, now: this.#now, signal })
    return []
  }

  async *follow(run: RunRecord, { signal }: { signal: AbortSignal }): AsyncGenerator<RunEvent> {
    const { store, pollMs: given = Number.POSITIVE_INFINITY } = this.#options
    const { pollMs: harmless } = await this.#engineOf(run)
    const pollMs = this.#cluster.pollMs ?? Math.min(given, Math.max(POLL_MS, harmless))
    for (let read = 0; ; await wait(pollMs, signal)) {
      const current = await this.refresh(run, { signal })
      if (current.collected_at === undefined) await this.collect(current, { signal })
      const { events, bytes } = await store.eventsFrom(run.id, read)
      yield* events
      read = bytes
      if (hasEnded(current) || current.status === 'interrupted') return
    }
  }

  async cancel(run: RunRecord): Promise<RunRecord> {
    const { store } = this.#options
    const before = await this.refresh(run)
    if (hasEnded(before)) throw ended(before)
    const engine = await this.#engineOf(before)
    await store.update(run.id, (current) => ({
      ...current,
      request: { ...current.request, cancelled: true },
    }))
    if (requestOf(before).attempt === 0 || before.status === 'interrupted') return this.#giveUp(run.id)
    await engine.cancel(jobOf(before), {})
    const patience = AbortSignal.timeout(STOP_PATIENCE_MS)
    for (;;) {
      const current = await this.refresh(run)
      if (hasEnded(current)) {
        await this.collect(current, { signal: patience })
        return store.get(run.id)
      }
      if (patience.aborted) return current
      await wait(Math.max(POLL_MS / 4, engine.pollMs / 4))
    }
  }

  diagnose({ signal }: { signal: AbortSignal }): Promise<Diagnosis[]> {
    const { hub } = this.#options
    return diagnoseTrl({ cluster: this.#cluster, hub, signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#engines.values())
    for (const result of opened) if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]()
  }

  #giveUp(id: string): Promise<RunRecord> {
    return this.#options.store.update(id, ({ process: _process, ...current }) => ({
      ...current,
      status: 'cancelled',
      finished_at: this.#now().toISOString(),
    }))
  }

  /** Submits one run as a job, several as an array. Each is recorded before it is submitted. */
  async #handOver(
    runs: readonly RunRecord[],
    engine: Engine,
    { attempt, atOnce, signal }: { attempt: number } & TogetherOptions,
  ): Promise<RunRecord[]> {
    const { store } = this.#options
    const array = runs.length > 1 ? `${runs[0]!.id}-array` : undefined
    try {
      const ready: RunRecord[] = []
      for (const [task, run] of runs.entries()) {
        await refuseChangedFile(run)
        const { python, resources, config, trainer, folder } = requestOf(run)
        const files = filesOf(requestOf(run))
        await this.#askMachines(engine, { python, ...resources, program: programOf(trainer) }, signal)
        await fillJobFolder(files, { run, config })
        if (trainer !== undefined) {
          await writeOwnTrainer({ trainer, config, folder, files, nodes: resources.nodes, attempt })
        }
        const place = array === undefined ? {} : { array: { id: array, task, attempt } }
        ready.push(await this.#makeReady(run, { attempt, ...place }))
      }
      if (array === undefined) await engine.submit(jobOf(ready[0]!), { signal })
      else
        await engine.submitArray!(
          ready.map((run) => jobOf(run)),
          { atOnce, signal },
        )
      const recorded: RunRecord[] = []
      for (const run of ready) {
        await store.update(run.id, (current) => ({
          ...current,
          started_at: current.started_at ?? this.#now().toISOString(),
        }))
        recorded.push(await this.#record(run, engine, signal))
      }
      return recorded
    } catch (error) {
      for (const run of runs) {
        await store.update(run.id, ({ process: _process, ...current }) => ({
          ...current,
          status: 'interrupted',
        }))
        // Nothing was started, and the caller deletes the run.
        if (error instanceof InputError && attempt === 1)
          await rm(filesOf(requestOf(run)), { recursive: true, force: true })
      }
      throw error
    }
  }

  #makeReady(run: RunRecord, handed: Pick<TrlRequest, 'attempt' | 'array'>): Promise<RunRecord> {
    return this.#options.store.update(run.id, ({ error: _error, finished_at: _end, ...current }) => {
      const { cancelled: _cancelled, ...own } = requestOf(current)
      const { collected_at: _collected, ...rest } = current
      return { ...rest, status: 'pending', process: thisProcess(), request: { ...own, ...handed } }
    })
  }

  /** Updates the record from engine and folder. The engine is queried first: a result is written before a job ends. */
  async #record(run: RunRecord, engine: Engine, signal: AbortSignal | undefined): Promise<RunRecord> {
    const job = jobOf(run)
    const { attempt } = requestOf(run)
    const status = await this.#askStatus(run, engine, signal)
    // The process that submits it has not done so yet, or never will.
    if (status.state === 'unknown') return this.#options.store.get(run.id)
    const result = await this.#resultOf(run, engine, { status, signal })
    const silent = result === undefined && status.state === 'ended'
    const lastWords = silent ? lastWordsOf(await engine.logs(job, { signal })) : undefined
    const facts = { id: job.id, status, result, lastWords, now: this.#now() }
    return this.#options.store.update(run.id, (current) =>
      requestOf(current).attempt === attempt && !hasEnded(current) ? withJobFacts(current, facts) : current,
    )
  }

  /** A job that has finished counts as finished even if its engine cannot be reached any more. */
  async #askStatus(run: RunRecord, engine: Engine, signal: AbortSignal | undefined): Promise<JobStatus> {
    try {
      return await engine.status(jobOf(run), { signal })
    } catch (error) {
      const { files, folder, attempt } = requestOf(run)
      const result = files === undefined ? await readResult(folder, attempt) : undefined
      if (result?.status !== 'succeeded') throw error
      return { state: 'ended', word: 'ended', exitCode: 0 }
    }
  }

  async #resultOf(
    run: RunRecord,
    engine: Engine,
    { status, signal }: { status: JobStatus; signal: AbortSignal | undefined },
  ): Promise<TrainerResult | undefined> {
    const { files, folder, attempt } = requestOf(run)
    if (files === undefined) return readResult(folder, attempt)
    if (isUnderWay(status)) return undefined
    const known = resultOfEvents(await this.#options.store.events(run.id), attempt)
    return known ?? resultOfEvents(eventsOfLog(await engine.logs(jobOf(run), { signal })), attempt)
  }

  async #plan(request: FineTuneRequest): Promise<{
    plan: TrainingJobPlan
    engine: EngineDescriptor
    site: string | undefined
    /** This machine sees the folders of jobs. */
    sees: boolean
    machines: Machines | undefined
    /** Why the machines could not be asked. */
    problem: string | undefined
    runsHere: boolean
  }> {
    const cluster = this.#cluster
    const engine = chooseEngine(cluster.engine)
    refuseForeignFlags(engine, cluster.given ?? [])
    const site = engine.siteOf?.(cluster)
    const { storage, trainer, nodes = 1 } = cluster
    if (trainer !== undefined && nodes > 1 && engine.name === 'ray') {
      throw new InputError('On Ray, --trainer-command runs on one machine: leave out --nodes.', {
        code: 'WRONG_SETTING',
      })
    }
    const delivers = engine.delivers?.(site) ?? false
    const sees = storage === undefined || (await seesStorage(resolve(cluster.cwd, storage), { delivers }))
    const base = await describeBase(request.model, { hub: this.#options.hub })
    let machines: Machines | undefined
    let problem: string | undefined
    try {
      const wanted = { ...cluster, program: programOf(cluster.trainer) }
      machines = await this.#askMachines(await this.#openEngine(engine.name, site), wanted)
    } catch (error) {
      if (!cluster.offline || !(error instanceof ReversalError)) throw error
      problem = error.message
    }
    const { checkpointEvery = CHECKPOINT_EVERY } = this.#options
    const planned = await planJob({ request, base, cluster, machines, checkpointEvery })
    // The needs of another trainer are unknown.
    const plan = cluster.trainer === undefined ? planned : { ...planned, memory: undefined, warnings: [] }
    return { plan, engine, site, sees, machines, problem, runsHere: base.runsHere }
  }

  #askMachines(
    engine: Engine,
    { python, gpus, nodes, partition, program }: WantedMachines,
    signal?: AbortSignal,
  ): Promise<Machines> {
    const wanted = { python, gpus, nodes, partition, program }
    const key = JSON.stringify([engine.name, wanted])
    const known = this.#machines.get(key) ?? engine.check(wanted, { signal })
    this.#machines.set(key, known)
    return known
  }

  #engineOf(run: RunRecord): Promise<Engine> {
    const { engine, site } = requestOf(run)
    return this.#openEngine(engine, site)
  }

  #openEngine(name: string, site: string | undefined): Promise<Engine> {
    const open = async () => {
      const { cwd, environment } = this.#cluster
      const { home } = this.#options.store
      return chooseEngine(name).open({
        ...{ home, cwd, site, scripts: TRAINER_SCRIPTS },
        environment: await environment(),
      })
    }
    const key = JSON.stringify([name, site])
    const opened = this.#engines.get(key) ?? open()
    this.#engines.set(key, opened)
    return opened
  }

  /** At the speed of the last run of the same model and method. */
  async #duration({ model, hyperparameters }: FineTuneRequest, tokens: number): Promise<number | null> {
    const { method } = trlHyperparameters({ hyperparameters })
    const alike = (await this.#options.store.list({ onDamaged: () => {} })).find(
      (run) => run.provider === this.name && run.model === model && run.hyperparameters.method === method,
    )
    const speed = alike?.progress?.tokens_per_second
    return speed === undefined || speed === 0 ? null : tokens / speed
  }
}

function programOf(trainer: OwnTrainer | undefined): string | undefined {
  return trainer && trainerProgram(trainer)
}

function ended({ id, status }: RunRecord): InputError {
  return new InputError(`The run ${id} has ended (${status}): there is nothing to resume or to cancel.`, {
    code: 'RUN_ENDED',
  })
}

function active({ id, status }: RunRecord): InputError {
  return new InputError(`The run ${id} is under way (${status}): there is nothing to resume.`, {
    code: 'RUN_ACTIVE',
    suggestions: [`watch it: reversal finetune:watch ${id}`],
  })
}
