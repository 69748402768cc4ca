import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Engine, Job } from '../../compute/engine.ts'
import { chooseEngine } from '../../compute/engines.ts'
import { shippedFile } from '../../datasets/shipped.ts'
import { HUB_PREFIX, parseRepository } from '../../engine/pretrained/hub/repository.ts'
import type { GenerateOptions, Generation, ScoreRequest, Scoring } from '../../schemas/completion.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { exists, readTextIfExists, sha256File, writeJson } from '../../support/files.ts'
import { untilStop } from '../../support/until-stop.ts'
import { wait } from '../../support/wait.ts'
import type { OpeningOptions } from '../gguf/open-gguf-model.ts'
import type { LanguageModel } from '../language-model.ts'
import type { JobPlace, JobSettings } from '../model-client.ts'

export interface TransformersOptions extends OpeningOptions {
  /** As a user names it: a path, or a repository of the Hub. */
  name: string | undefined
  /** Names the model in evaluations, of one that a run made. */
  id: string
  /** Folder of a model that a run made. */
  directory?: string | undefined
  /** On which machines it was made. */
  job?: JobPlace | undefined
  jobs?: (() => Promise<JobSettings>) | undefined
}

/** Files whose content is that of the model, the first that is there. */
const WEIGHTS = ['adapter_model.safetensors', 'model.safetensors', 'model.safetensors.index.json']
const POLL_MS = 100
/** Rows that are computed together. */
const BATCH = 16

/**
 * A model behind a job that answers until it is closed. Throws InputError MODEL_NOT_FOUND, and what the engine's `check`
 * throws; ReversalError JOB_FAILED where the job ends before it has answered.
 */
export async function openTransformersModel(options: TransformersOptions): Promise<LanguageModel> {
  const { name, directory, job: place, jobs, signal } = options
  if (jobs === undefined) throw new Error(`It is unknown how to run jobs for ${name ?? directory}.`)
  const { python, ...settings } = await jobs()
  const model = await locate(name ?? directory ?? '', settings.cwd)
  const scripts = shippedFile('trainers/trl')
  const folder = join(place?.folder ?? tmpdir(), `scoring-${randomUUID()}`)
  const descriptor = chooseEngine(place?.engine)
  const engine = await descriptor.open({ ...settings, scripts, home: folder, site: place?.site })
  const asked = { python: place?.python ?? python, gpus: place?.resources.gpus }
  const machines = await engine.check(asked, { signal })
  const gpus = Math.min(1, place?.resources.gpus ?? machines.gpus)
  const precision = place?.precision ?? (gpus === 0 ? 'fp32' : machines.bf16 ? 'bf16' : 'fp16')
  await mkdir(join(folder, 'requests'), { recursive: true })
  for (const script of await readdir(scripts))
    if (script.endsWith('.py')) await copyFile(join(scripts, script), join(folder, script))
  const { path: _path, ...named } = model
  await writeJson(join(folder, 'score.json'), { ...named, gpus, precision, batch_size: BATCH })
  const job: Job = {
    // Of its own: jobs of a cluster are found by it.
    ...{ id: basename(folder), folder, python: machines.python },
    command: { script: 'score.py', args: [folder] },
    resources: { ...place?.resources, gpus, nodes: 1 },
  }
  await engine.submit(job, { signal })
  const id = directory === undefined ? await identify(name!, model.path) : options.id
  return new TransformersModel({ id, engine, job })
}

interface Located {
  model: string
  revision: string | null
  /** Undefined for a repository of the Hub. */
  path: string | undefined
}

async function locate(name: string, cwd: string): Promise<Located> {
  if (name.startsWith(HUB_PREFIX)) {
    const { name: model, revision } = parseRepository(name)
    return { model, revision, path: undefined }
  }
  const path = resolve(cwd, name)
  if (await exists(path)) return { model: path, revision: null, path }
  throw new InputError(`There is no model at ${path}.`, {
    code: 'MODEL_NOT_FOUND',
    suggestions: [`take it from the Hugging Face Hub: transformers:${HUB_PREFIX}ORG/NAME`],
  })
}

/** Of a folder: its path with the start of its weights' checksum. */
async function identify(name: string, path: string | undefined): Promise<string> {
  if (path === undefined) return `transformers:${name}`
  const isFolder = (await stat(path)).isDirectory()
  for (const file of isFolder ? WEIGHTS.map((weights) => join(path, weights)) : [path]) {
    if (await exists(file)) return `transformers:${path}@${(await sha256File(file)).slice(0, 12)}`
  }
  throw new InputError(`${path} holds no model: it has no safetensors in it.`, { code: 'MODEL_NOT_FOUND' })
}

/** An answer in a file of answers. */
type Answer = { done: true } | { index: number; completions: string[] } | Scoring

/** Asks by files that the job looks for, and reads what it answers line by line. */
class TransformersModel implements LanguageModel {
  readonly id: string
  readonly hosted = false
  readonly #engine: Engine
  readonly #job: Job
  #asked = 0
  #seenAlive = Number.NEGATIVE_INFINITY

  constructor({ id, engine, job }: { id: string; engine: Engine; job: Job }) {
    this.id = id
    this.#engine = engine
    this.#job = job
  }

  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const { maxTokens, temperature, samples = 1, seed = 0, stop, signal } = options
    const request = { kind: 'generate', prompts, max_tokens: maxTokens, temperature, samples, seed }
    for await (const answer of this.#ask<{ index: number; completions: string[] }>(request, signal))
      yield { ...answer, completions: answer.completions.map((text) => untilStop(text, stop)) }
  }

  score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Scoring, void> {
    return this.#ask<Scoring>({ kind: 'score', requests }, signal)
  }

  async scoring(): Promise<{ available: true }> {
    return { available: true }
  }

  async close(): Promise<void> {
    const { folder } = this.#job
    await writeFile(join(folder, 'stop'), '')
    for (;;) {
      const { state } = await this.#engine.status(this.#job, {})
      if (state !== 'queued' && state !== 'running') break
      await wait(Math.max(POLL_MS, this.#engine.pollMs / 4))
    }
    await this.#engine[Symbol.asyncDispose]()
    // A host is done with its lock a moment after its job has ended.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: POLL_MS })
  }

  async *#ask<T extends Answer>(request: object, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    const { folder } = this.#job
    const name = String(++this.#asked).padStart(6, '0')
    await writeJson(join(folder, 'requests', `${name}.json`), request)
    for (let seen = 0; ; await wait(POLL_MS, signal)) {
      // Before the answers: a job that has ended writes no more of them.
      const alive = await this.#isAlive(signal)
      const text = (await readTextIfExists(join(folder, 'answers', `${name}.jsonl`))) ?? ''
      const lines = text.split('\n').slice(seen, -1)
      seen += lines.length
      for (const line of lines) {
        const answer = JSON.parse(line) as Answer
        if ('done' in answer) return
        yield answer as T
      }
      if (!alive) throw await this.#failure()
    }
  }

  /** Its engine is not asked more often than does it good. */
  async #isAlive(signal: AbortSignal | undefined): Promise<boolean> {
    const now = performance.now()
    if (now - this.#seenAlive < this.#engine.pollMs) return true
    const { state } = await this.#engine.status(this.#job, { signal })
    const alive = state === 'queued' || state === 'running'
    if (alive) this.#seenAlive = now
    return alive
  }

  async #failure(): Promise<ReversalError> {
    const text = await readTextIfExists(join(this.#job.folder, 'result.json'))
    const { message } = JSON.parse(text ?? '{}') as { message?: string }
    const log = await this.#engine.logs(this.#job, {})
    const last = log.trim().split('\n').at(-1)
    return new ReversalError(
      message ?? `The job that runs the model has ended: ${last || 'it printed nothing'}`,
      {
        code: 'JOB_FAILED',
        suggestions: ['see what is missing: reversal finetune:doctor --provider trl'],
      },
    )
  }
}
