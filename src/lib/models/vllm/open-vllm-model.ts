import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GenerateOptions, ScoreRequest } from '../../schemas/completion.ts'
import { ReversalError } from '../../support/errors.ts'
import { readTextIfExists, writeJson } from '../../support/files.ts'
import { wait } from '../../support/wait.ts'
import type { JobModel } from '../jobs/locate-model.ts'
import { locateJobModel } from '../jobs/locate-model.ts'
import type { ModelMachines } from '../jobs/model-job.ts'
import { ModelJob } from '../jobs/model-job.ts'
import type { LanguageModel } from '../language-model.ts'
import type { ClientOptions } from '../model-client.ts'
import { openHostedModel } from '../openai/hosted-model.ts'
import { VLLM_PREFIX } from './vllm-client.ts'

/** The server's name for the model. */
const SERVED = 'reversal'
const POLL_MS = 200
/** If the server does not answer in this time, its engine is asked whether it still runs. */
const PATIENCE_MS = 60_000
/** Ranks that `--max-lora-rank` takes. */
const RANKS = [8, 16, 32, 64, 128, 256, 320, 512]
/** As vLLM calls the formats. */
const DTYPES: Record<string, string> = { bf16: 'bfloat16', fp16: 'float16', fp32: 'float32' }

/**
 * Opens a model on a vLLM server that is started as a job, and ends with this process or when it is closed. Throws
 * InputError MODEL_NOT_FOUND, and what the engine's `check` throws; ReversalError JOB_FAILED if the server ends by
 * itself.
 */
export async function openVllmModel(options: ClientOptions): Promise<LanguageModel> {
  const { reference, jobs, signal } = options
  const { id, ...located } = await locateJobModel(options, { prefix: VLLM_PREFIX })
  const weights = await argumentsOf(located)
  const key = randomUUID()
  const job = await ModelJob.submit({
    ...{ jobs, place: reference.job, signal, script: 'serve.py', kind: 'serving', program: 'vllm' },
    gpusOf: (most) => most,
    fill: async (folder, machines) => {
      await writeFile(join(folder, 'key.txt'), key, { mode: 0o600 })
      // Only this machine needs to reach a server that runs on it.
      const host = machines.engine === 'here' ? '127.0.0.1' : '0.0.0.0'
      const words = [...weights, ...settingsOf(machines), '--host', host]
      await writeJson(join(folder, 'serve.json'), { arguments: words, host, gpus: machines.gpus })
    },
  })
  try {
    const baseUrl = await serverOf(job, signal)
    const server = await openHostedModel({
      ...{ baseUrl, apiKey: key, model: SERVED, api: 'completions', patienceMs: PATIENCE_MS, signal },
    })
    return new VllmModel(id, job, server)
  } catch (error) {
    await job.close()
    throw error
  }
}

/** The model, or the adapter with the model that it was trained on. */
async function argumentsOf({ model, revision, path }: Omit<JobModel, 'id'>): Promise<string[]> {
  const text = path && (await readTextIfExists(join(path, 'adapter_config.json')))
  if (!text) return [model, '--served-model-name', SERVED, ...revisionOf(revision)]
  const adapter = JSON.parse(text) as {
    base_model_name_or_path: string
    revision?: string | null
    r: number
  }
  const rank = RANKS.find((most) => most >= adapter.r) ?? adapter.r
  return [
    ...[adapter.base_model_name_or_path, ...revisionOf(adapter.revision)],
    ...['--enable-lora', '--max-lora-rank', String(rank), '--lora-modules', `${SERVED}=${path}`],
  ]
}

function revisionOf(revision: string | null | undefined): string[] {
  return revision ? ['--revision', revision] : []
}

/** With prefix caching, log-probabilities depend on the order of the requests (vLLM's issue 42019). */
function settingsOf({ precision, gpus }: ModelMachines): string[] {
  return [
    ...['--dtype', DTYPES[precision] ?? 'auto', '--seed', '0', '--no-enable-prefix-caching'],
    ...(gpus > 1 ? ['--tensor-parallel-size', String(gpus)] : []),
  ]
}

/** Its address, once it is healthy. Throws ReversalError JOB_FAILED. */
async function serverOf(job: ModelJob, signal: AbortSignal | undefined): Promise<string> {
  for (;;) {
    const alive = await job.isAlive(signal)
    const text = await readTextIfExists(join(job.folder, 'server.json'))
    if (text !== undefined) return (JSON.parse(text) as { base_url: string }).base_url
    if (!alive) throw await job.failure()
    await wait(POLL_MS, signal)
  }
}

/** Used like any server; if that fails, its job says why. */
class VllmModel implements LanguageModel {
  readonly id: string
  readonly hosted = false
  readonly #job: ModelJob
  readonly #server: LanguageModel

  constructor(id: string, job: ModelJob, server: LanguageModel) {
    this.id = id
    this.#job = job
    this.#server = server
  }

  generate(prompts: readonly string[], options: GenerateOptions) {
    return this.#explained(this.#server.generate(prompts, options))
  }

  score(requests: readonly ScoreRequest[], options?: { signal?: AbortSignal }) {
    return this.#explained(this.#server.score(requests, options))
  }

  scoring(options?: { signal?: AbortSignal | undefined }) {
    return this.#server.scoring(options)
  }

  async close(): Promise<void> {
    await this.#server.close()
    await this.#job.close()
  }

  async *#explained<T>(answers: AsyncIterable<T>): AsyncGenerator<T, void> {
    try {
      yield* answers
    } catch (error) {
      if (!(error instanceof ReversalError) || (await this.#job.isAlive())) throw error
      throw await this.#job.failure()
    }
  }
}
