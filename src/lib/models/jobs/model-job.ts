import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Engine, Job, JobCommand, Machines } from '../../compute/engine.ts'
import { chooseEngine } from '../../compute/engines.ts'
import { shippedFile } from '../../datasets/shipped.ts'
import { ReversalError } from '../../support/errors.ts'
import { readTextIfExists } from '../../support/files.ts'
import { wait } from '../../support/wait.ts'
import type { JobPlace, JobSettings } from '../model-client.ts'

/** A job ends by itself if it gets no heartbeat for a minute (`heartbeat.py`). */
const HEARTBEAT_MS = 5000
const POLL_MS = 100

export interface ModelJobOptions {
  jobs: (() => Promise<JobSettings>) | undefined
  /** The machines on which the model was trained; this one by default. */
  place: JobPlace | undefined
  script: JobCommand['script']
  /** Names the folder of the job. */
  kind: string
  /** Program that does the work, if it is not the trainer's packages. */
  program?: string | undefined
  /** How many of the available GPUs the job uses. */
  gpusOf: (most: number) => number
  /** Writes the input of the script into the folder. */
  fill: (folder: string, machines: ModelMachines) => Promise<void>
  signal?: AbortSignal | undefined
}

export interface ModelMachines extends Pick<Machines, 'python' | 'gpus'> {
  precision: string
  engine: string
}

/** A job that runs a model as long as this process asks for it. Its folder is seen by its machines and by this one. */
export class ModelJob {
  readonly folder: string
  readonly #engine: Engine
  readonly #job: Job
  readonly #heart: NodeJS.Timeout
  #beats = 0
  #seenAlive = Number.NEGATIVE_INFINITY

  private constructor(engine: Engine, job: Job) {
    this.folder = job.folder
    this.#engine = engine
    this.#job = job
    this.#heart = setInterval(() => void this.#beat().catch(() => {}), HEARTBEAT_MS)
    this.#heart.unref()
  }

  /** Throws what the engine's `check` and `submit` throw. */
  static async submit(options: ModelJobOptions): Promise<ModelJob> {
    const { jobs, place, script, kind, program, gpusOf, fill, signal } = options
    if (jobs === undefined) throw new Error(`It is unknown how to run jobs for ${kind}.`)
    const { python, ...settings } = await jobs()
    const scripts = shippedFile('trainers/trl')
    const folder = join(place?.folder ?? tmpdir(), `${kind}-${randomUUID()}`)
    const descriptor = chooseEngine(place?.engine)
    const engine = await descriptor.open({ ...settings, scripts, home: folder, site: place?.site })
    const asked = { python: place?.python ?? python, gpus: place?.resources.gpus, program }
    const machines = await engine.check(asked, { signal })
    const gpus = gpusOf(place?.resources.gpus ?? machines.gpus)
    const precision = place?.precision ?? (gpus === 0 ? 'fp32' : machines.bf16 ? 'bf16' : 'fp16')
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(scripts))
      if (name.endsWith('.py')) await copyFile(join(scripts, name), join(folder, name))
    await fill(folder, { python: machines.python, gpus, precision, engine: descriptor.name })
    const job: Job = {
      // Unique, as jobs on a cluster are found by it.
      ...{ id: basename(folder), folder, python: machines.python },
      command: { script, args: [folder] },
      resources: { ...place?.resources, gpus, nodes: 1 },
    }
    const opened = new ModelJob(engine, job)
    try {
      await opened.#beat()
      await engine.submit(job, { signal })
      return opened
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  /** Its engine is not asked more often than does it good. */
  async isAlive(signal?: AbortSignal): Promise<boolean> {
    const now = performance.now()
    if (now - this.#seenAlive < this.#engine.pollMs) return true
    const alive = await this.#goesOn(signal)
    if (alive) this.#seenAlive = now
    return alive
  }

  /** Why it ended by itself: its own message, or the last line that it printed. */
  async failure(): Promise<ReversalError> {
    const text = await readTextIfExists(join(this.folder, 'result.json'))
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

  /** Ends the job and waits for that. */
  async close(): Promise<void> {
    clearInterval(this.#heart)
    await writeFile(join(this.folder, 'stop'), '')
    while (await this.#goesOn()) await wait(Math.max(POLL_MS, this.#engine.pollMs / 4))
    await this.#engine[Symbol.asyncDispose]()
    // A host is done with its lock a moment after its job has ended.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: POLL_MS })
  }

  async #goesOn(signal?: AbortSignal): Promise<boolean> {
    const { state } = await this.#engine.status(this.#job, { signal })
    return state === 'queued' || state === 'running'
  }

  /** A number that changes: clocks of two machines differ. */
  async #beat(): Promise<void> {
    await writeFile(join(this.folder, 'alive'), String(++this.#beats))
  }
}
