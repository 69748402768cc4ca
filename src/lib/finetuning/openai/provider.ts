import type { Api } from '../../models/openai/address.ts'
import { resolveAddress } from '../../models/openai/address.ts'
import { findModel } from '../../models/openai/model-list.ts'
import { loadPrices } from '../../models/openai/prices.ts'
import type { ServerOptions } from '../../models/openai/server.ts'
import { OPENAI_URL, otherServer } from '../../models/openai/server.ts'
import { announcedShutdown, loadShutdowns } from '../../models/openai/shutdowns.ts'
import { tokenCounter } from '../../models/openai/token-counter.ts'
import { Transport } from '../../models/openai/transport.ts'
import type { FineTuningJob } from '../../schemas/fine-tuning-job.ts'
import type { PriceTable } from '../../schemas/prices.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { sha256File } from '../../support/files.ts'
import { formatDollars, plural } from '../../support/numbers.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { followJob } from '../follow-job.ts'
import { lockSubmission } from '../lock-submission.ts'
import type {
  Discovery,
  FineTuneEstimate,
  FineTuneRequest,
  JobProvider,
  TrainableModel,
} from '../provider.ts'
import { hasEnded } from '../run-status.ts'
import { collectJob } from './collect.ts'
import { findJob } from './create-job.ts'
import { discoverJobs } from './discover.ts'
import { JobApi } from './job-api.ts'
import { jobIdOf, withJob } from './jobs.ts'
import { newRun } from './new-run.ts'
import type { Plan } from './plan-fine-tune.ts'
import { planFineTune } from './plan-fine-tune.ts'
import type { OpenAISettings } from './settings.ts'
import { submitRun } from './submit-run.ts'
import type { TrainingFile } from './training-file.ts'
import { LONGEST_EXAMPLE_TOKENS, readTrainingFile } from './training-file.ts'
import { dateWarnings } from './warnings.ts'

export interface OpenAIProviderOptions extends ServerOptions, OpenAISettings {
  /** True if an estimate may be made without the server. */
  offline?: boolean | undefined
  store: RunStore
  toolVersion: string
  /** Milliseconds between two looks at a run that is followed. */
  pollMs?: number | undefined
  now?: (() => Date) | undefined
}

/** Why a server cannot be asked at all. */
const OFFLINE = ['API_KEY_MISSING', 'SERVER_UNREACHABLE']

type Account = Pick<ServerOptions, 'organization' | 'project'>

/**
 * Fine-tuning at OpenAI or any server that has its API for it. Runs continue there without any local process.
 */
export class OpenAIProvider implements JobProvider {
  readonly name = 'openai'
  readonly runs = 'elsewhere'
  readonly #options: OpenAIProviderOptions & { now: () => Date }
  readonly #transports = new Map<string, Promise<Transport>>()
  readonly #files = new Map<string, Promise<TrainingFile>>()
  #prices: Promise<PriceTable> | undefined

  constructor({ now = () => new Date(), ...options }: OpenAIProviderOptions) {
    this.#options = { ...options, now }
  }

  async models(): Promise<TrainableModel[]> {
    const [{ models }, announced] = await Promise.all([this.#readPrices(), loadShutdowns()])
    const today = this.#options.now().toISOString().slice(0, 10)
    return Object.entries(models).flatMap(([name, { fine_tuned }]) => {
      const day = announcedShutdown(announced, name)
      if (fine_tuned?.training === undefined || (day !== undefined && day <= today)) return []
      const end = day === undefined ? '' : `, until ${day}`
      return [
        { name, description: `${formatDollars(fine_tuned.training)} for 1,000,000 trained tokens${end}` },
      ]
    })
  }

  async estimate(request: FineTuneRequest): Promise<FineTuneEstimate> {
    const { training, validation, steps, tokens, price, costUsd } = await this.#plan(request)
    const { model } = request
    const { date, source } = await this.#readPrices()
    return {
      examples: training.examples,
      tokensPerEpoch: training.tokens,
      steps,
      tokens,
      durationS: null,
      costUsd,
      costBasis:
        price === undefined
          ? `The cost is unknown: the prices of ${date} (${source}) have no training price for ${model}.`
          : `Prices of ${date} (${source}): ${formatDollars(price.training)} for 1,000,000 trained tokens.`,
      warnings: [
        ...(await this.#dateWarnings(model)),
        ...(await this.#unsentWarnings(request)),
        ...[training, validation].flatMap((file) => cutWarnings(file)),
      ],
    }
  }

  async create(request: FineTuneRequest): Promise<RunRecord> {
    const { store, now, ...options } = this.#options
    const plan = await this.#plan(request)
    const { server } = await this.#open(options)
    const run = await newRun({
      request,
      plan,
      server,
      system: options.system,
      wandb: options.wandb,
      toolVersion: options.toolVersion,
      now: now(),
    })
    await store.save(run)
    return run
  }

  async submit(run: RunRecord, { signal }: { signal: AbortSignal }): Promise<RunRecord> {
    const { store, now } = this.#options
    const trainable = (await this.models()).map(({ name }) => name)
    const readFiles = async ({ model, dataset }: RunRecord) => {
      const read = (path: string) => this.#readFile(path, { model, ...dataset })
      const { training_file, validation_file } = dataset
      return {
        training: await read(training_file),
        validation: validation_file === undefined ? undefined : await read(validation_file),
      }
    }
    return submitRun({ ...(await this.#reach(run, signal)), store, run, readFiles, trainable, now, signal })
  }

  async refresh(run: RunRecord, { signal }: { signal?: AbortSignal } = {}): Promise<RunRecord> {
    const { store } = this.#options
    const { api } = await this.#reach(run, signal)
    const id = jobIdOf(run)
    const job = id === undefined ? await findJob({ api, store, run }) : await api.retrieve(id)
    return job === undefined ? store.get(run.id) : store.update(run.id, (current) => withJob(current, job))
  }

  async collect(run: RunRecord, { signal }: { signal: AbortSignal }): Promise<string[]> {
    const { store, now } = this.#options
    const job = run.remote as FineTuningJob | undefined
    if (job === undefined) return []
    return collectJob({ ...(await this.#reach(run, signal)), store, run, job, now, signal })
  }

  async discover({ since, signal }: { since?: Date | undefined; signal: AbortSignal }): Promise<Discovery> {
    const { store, toolVersion, ...options } = this.#options
    const api = new JobApi({ transport: await this.#open(options), signal })
    return discoverJobs({ api, store, toolVersion, prices: await this.#readPrices(), since })
  }

  follow(run: RunRecord, { signal }: { signal: AbortSignal }): AsyncGenerator<RunEvent> {
    const { store, now, pollMs } = this.#options
    return followJob({ store, provider: this, run, pollMs, now, signal })
  }

  async cancel(run: RunRecord): Promise<RunRecord> {
    const { store, now } = this.#options
    const before = await this.refresh(run)
    if (hasEnded(before)) {
      throw new InputError(`The run ${run.id} has ended (${before.status}): there is nothing to cancel.`, {
        code: 'RUN_ENDED',
      })
    }
    const id = jobIdOf(before)
    if (id === undefined) {
      await using _lock = await lockSubmission(store, run)
      return await store.update(run.id, ({ process: _process, ...current }) => ({
        ...current,
        status: 'cancelled',
        finished_at: now().toISOString(),
      }))
    }
    const { api } = await this.#reach(before)
    const job = await api.control(id, 'cancel')
    return store.update(run.id, (current) => withJob(current, job))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled(this.#transports.values())
    await Promise.all(opened.map((result) => result.status === 'fulfilled' && result.value.close()))
  }

  async #plan(request: FineTuneRequest): Promise<Plan> {
    const { baseUrl = OPENAI_URL, system, api } = this.#options
    const { model } = request
    const address = resolveAddress({ model, api, system }, { baseUrl })
    return planFineTune({
      request,
      api: address.api,
      readFile: (path) => this.#readFile(path, address),
      prices: await this.#readPrices(),
    })
  }

  #readPrices(): Promise<PriceTable> {
    this.#prices ??= loadPrices(this.#options.prices)
    return this.#prices
  }

  #readFile(
    path: string,
    { model, api = 'chat', system }: { model: string; api?: Api | undefined; system?: string | undefined },
  ): Promise<TrainingFile> {
    const key = JSON.stringify([path, model, api, system])
    const known = this.#files.get(key)
    if (known !== undefined) return known
    const file = tokenCounter(model).then((countTokens) =>
      readTrainingFile({ path, api, system, countTokens }),
    )
    this.#files.set(key, file)
    return file
  }

  async #dateWarnings(model: string): Promise<string[]> {
    const { now, offline, baseUrl = OPENAI_URL, ...options } = this.#options
    const shared = { model, announced: await loadShutdowns(), now: now() }
    try {
      const transport = await this.#open(options)
      const { shutdownDate } = await findModel(transport, model)
      return dateWarnings({ ...shared, server: transport.server, shutdownDate })
    } catch (error) {
      if (!offline || !(error instanceof InputError) || !OFFLINE.includes(error.code)) throw error
      const server = { baseUrl, name: baseUrl }
      return [
        `The server was not asked about ${model}: ${error.message}`,
        ...dateWarnings({ ...shared, server, shutdownDate: undefined }),
      ]
    }
  }

  /** Warns of runs with the same model and file that no server has: the user may want to resume them. */
  async #unsentWarnings({ model, dataset }: FineTuneRequest): Promise<string[]> {
    const checksum = await sha256File(dataset.trainingFile)
    const runs = (await this.#options.store.list({ onDamaged: () => {} })).filter(
      (run) =>
        run.provider === this.name &&
        run.status === 'interrupted' &&
        run.model === model &&
        run.dataset.training_sha256 === checksum,
    )
    if (runs.length === 0) return []
    const ids = runs.map(({ id }) => id).join(' ')
    return [
      `Such runs were started before and have no known job; reversal finetune:resume ${ids} submits those that the server does not have.`,
    ]
  }

  /** The server that has a run. Throws InputError SERVER_DIFFERS if the user names another. */
  async #reach(run: RunRecord, signal?: AbortSignal): Promise<{ api: JobApi; transport: Transport }> {
    const transport = await this.#open({
      organization: run.server?.organization ?? undefined,
      project: run.server?.project ?? undefined,
    })
    const { baseUrl } = transport.server
    const problem = otherServer('the run', run.server?.base_url ?? baseUrl, baseUrl)
    if (problem !== undefined) throw problem
    return { transport, api: new JobApi({ transport, signal }) }
  }

  #open({ organization, project }: Account): Promise<Transport> {
    const key = JSON.stringify([organization, project])
    const open = this.#transports.get(key) ?? Transport.open({ ...this.#options, organization, project })
    this.#transports.set(key, open)
    return open
  }
}

function cutWarnings(file: TrainingFile | undefined): string[] {
  if (file === undefined || file.tooLong === 0) return []
  const count = plural(file.tooLong, 'example is', 'examples are')
  return [`${count} longer than ${LONGEST_EXAMPLE_TOKENS} tokens and will be cut off at the end.`]
}
