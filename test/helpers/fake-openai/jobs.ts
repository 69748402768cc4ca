import { ApiError } from './api-error.ts'
import type { FileStore } from './files.ts'
import { tokenize } from './language.ts'

export interface JobOptions {
  /** Statuses that a job goes through, one at each read; OpenAI's by default. */
  stages?: readonly string[]
  /** How the creation of jobs is refused. */
  refusal?: { status: number; message: string; code?: string }
  /** The server does not keep metadata. */
  withoutMetadata?: boolean
  /** Why jobs fail in the end; by default they succeed. */
  failure?: { code: string; message: string }
  /** Result files come as base64, as OpenAI's sometimes do. */
  base64Results?: boolean
  /** Result files end in the middle. */
  truncatedResults?: boolean
  /** Result files are listed, and gone. */
  withoutResults?: boolean
}

const STAGES = ['validating_files', 'queued', 'running', 'running', 'succeeded']
const FINAL = ['succeeded', 'failed', 'cancelled']

interface CreateJob {
  model: string
  training_file: string
  validation_file?: string
  suffix?: string
  seed?: number
  metadata?: Record<string, string>
  integrations?: unknown[]
  method?: { type: string; supervised?: { hyperparameters?: Partial<Hyperparameters> } }
}

export interface Hyperparameters {
  n_epochs: number | 'auto'
  batch_size: number | 'auto'
  learning_rate_multiplier: number | 'auto'
}

interface Job {
  id: string
  status: string
  model: string
  metadata?: Record<string, string>
  [field: string]: unknown
}

interface Entry {
  job: Job
  stage: number
  suffix: string
  epochs: number
  steps: number
  tokens: number
  events: ({ id: string } & Record<string, unknown>)[]
}

/** The fine-tuning jobs of a server. Each moves on when it or its events are looked at. */
export class JobStore {
  readonly #files: FileStore
  readonly #models: Map<string, string | null>
  readonly #options: JobOptions
  readonly #entries = new Map<string, Entry>()

  constructor(files: FileStore, models: Map<string, string | null>, options: JobOptions) {
    this.#files = files
    this.#models = models
    this.#options = options
  }

  create(request: CreateJob, now: number): Job {
    const { refusal, withoutMetadata } = this.#options
    if (refusal) throw new ApiError(refusal.status, refusal.message, { code: refusal.code ?? null })
    const { model, training_file, validation_file, suffix, seed, integrations } = request
    const metadata = withoutMetadata ? undefined : request.metadata
    if (!this.#models.has(model)) throw new ApiError(400, `The model \`${model}\` does not exist.`)
    this.#files.requireReady(training_file)
    if (validation_file) this.#files.requireReady(validation_file)
    const examples = this.#files.lines(training_file).length
    const hyperparameters = settle(request.method?.supervised?.hyperparameters)
    const { n_epochs: epochs, batch_size } = hyperparameters
    const tokens = tokenize(this.#files.content(training_file)).length * epochs
    const job: Job = {
      id: `ftjob-${this.#entries.size + 1}`,
      object: 'fine_tuning.job',
      created_at: Math.floor(now / 1000),
      error: null,
      fine_tuned_model: null,
      finished_at: null,
      hyperparameters,
      model,
      organization_id: 'org-fake',
      result_files: [],
      status: STAGES[0]!,
      trained_tokens: null,
      training_file,
      validation_file: validation_file ?? null,
      seed: seed ?? 0,
      ...(metadata && { metadata }),
      ...(integrations && { integrations }),
      method: { type: 'supervised', supervised: { hyperparameters } },
    }
    const steps = Math.max(1, Math.ceil((examples * epochs) / batch_size))
    const entry: Entry = { job, stage: 0, suffix: suffix ?? '', epochs, steps, tokens, events: [] }
    this.#entries.set(job.id, entry)
    this.#note(entry, `Created fine-tuning job: ${job.id}`)
    return { ...job }
  }

  /** The newest first; `metadata[key]=value` chooses. */
  list(query: URLSearchParams): Job[] {
    const wanted = [...query].flatMap(([name, value]) => {
      const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
      return key === undefined ? [] : [[key, value] as const]
    })
    return Array.from(this.#entries.values(), ({ job }) => job)
      .filter(({ metadata }) => wanted.every(([key, value]) => metadata?.[key] === value))
      .toReversed()
  }

  /** The current state of a job; one stage further than at the last read. */
  look(id: string): Job {
    const entry = this.#find(id)
    this.#advance(entry)
    return { ...entry.job }
  }

  /** The newest first. */
  events(id: string) {
    const entry = this.#find(id)
    this.#advance(entry)
    return entry.events.toReversed()
  }

  /** Those of the last three epochs, the newest first. */
  checkpoints(id: string) {
    const { job, epochs, steps } = this.#find(id)
    if (job.status !== 'succeeded') return []
    return Array.from({ length: Math.min(3, epochs) }, (_, back) => {
      const step_number = Math.round((steps * (epochs - back)) / epochs)
      return {
        id: `ftckpt_${id}_${step_number}`,
        object: 'fine_tuning.job.checkpoint',
        created_at: job.created_at,
        fine_tuned_model_checkpoint: `${job.fine_tuned_model}:ckpt-step-${step_number}`,
        fine_tuning_job_id: id,
        step_number,
        metrics: { step: step_number, train_loss: lossAt(step_number) },
      }
    })
  }

  control(id: string, action: 'cancel' | 'pause' | 'resume'): Job {
    const { job } = this.#find(id)
    if (FINAL.includes(job.status)) throw new ApiError(400, `Job ${id} has already ${job.status}.`)
    job.status = { cancel: 'cancelled', pause: 'paused', resume: 'running' }[action]
    return { ...job }
  }

  #advance(entry: Entry): void {
    const { job } = entry
    if (FINAL.includes(job.status) || job.status === 'paused') return
    const { stages = STAGES, failure } = this.#options
    entry.stage = Math.min(entry.stage + 1, stages.length - 1)
    job.status = stages[entry.stage]!
    if (job.status === 'running') this.#train(entry)
    if (job.status !== 'succeeded') return
    if (failure === undefined) this.#succeed(entry)
    else this.#fail(entry, failure)
  }

  /** The steps of one look's share of the training. */
  #train(entry: Entry): void {
    const { stages = STAGES } = this.#options
    const running = [...stages.keys()].filter((stage) => stages[stage] === 'running')
    const share = running.indexOf(entry.stage) / running.length
    const end = Math.floor(entry.steps * (share + 1 / running.length))
    for (let step = Math.floor(entry.steps * share) + 1; step <= end; step++) {
      const data = {
        step,
        total_steps: entry.steps,
        train_loss: lossAt(step),
        train_mean_token_accuracy: 1 - lossAt(step) / 4,
        // Every third step looks at the validation file.
        ...(entry.job.validation_file && step % 3 === 0 ? { valid_loss: lossAt(step) + 1 } : {}),
      }
      this.#note(entry, `Step ${step}/${entry.steps}: training loss=${lossAt(step)}`, 'metrics', data)
    }
  }

  #succeed(entry: Entry): void {
    const { job, suffix, steps, tokens } = entry
    const rows = Array.from({ length: steps }, (_, index) => `${index + 1},${lossAt(index + 1)},0.5`)
    // The last line has no line break.
    const csv = `step,train_loss,train_accuracy\n${rows.join('\n')}`
    const whole = this.#options.base64Results ? Buffer.from(csv).toString('base64') : csv
    const content = this.#options.truncatedResults ? whole.slice(0, -4) : whole
    const now = Number(job.created_at) * 1000
    const results = this.#files.add({
      filename: 'step_metrics.csv',
      purpose: 'fine-tune-results',
      content,
      now,
      gone: this.#options.withoutResults ?? false,
    })
    const name = `ft:${job.model}:fake:${suffix}:${job.id.replace('ftjob-', 'id')}`
    this.#models.set(name, this.#models.get(job.model) ?? null)
    Object.assign(job, {
      fine_tuned_model: name,
      finished_at: Number(job.created_at) + 60,
      trained_tokens: tokens,
      result_files: [results.id],
    })
    this.#note(entry, `New fine-tuned model created: ${name}`)
    this.#note(entry, 'The job has successfully completed')
  }

  #fail(entry: Entry, failure: { code: string; message: string }): void {
    Object.assign(entry.job, { status: 'failed', error: { ...failure, param: null } })
    this.#note(entry, failure.message, 'message', undefined, 'error')
  }

  #note(entry: Entry, message: string, type = 'message', data?: object, level = 'info'): void {
    entry.events.push({
      id: `ftevent-${entry.job.id}-${entry.events.length + 1}`,
      object: 'fine_tuning.job.event',
      created_at: Number(entry.job.created_at) + entry.events.length,
      level,
      message,
      type,
      ...(data && { data }),
    })
  }

  #find(id: string): Entry {
    const found = this.#entries.get(id)
    if (found === undefined) throw new ApiError(404, `Could not find fine tune: ${id}`)
    return found
  }
}

function settle(given: Partial<Hyperparameters> = {}) {
  const number = (value: number | 'auto' | undefined, auto: number) =>
    value === undefined || value === 'auto' ? auto : value
  return {
    n_epochs: number(given.n_epochs, 3),
    batch_size: number(given.batch_size, 1),
    learning_rate_multiplier: number(given.learning_rate_multiplier, 2),
  }
}

function lossAt(step: number): number {
  return Number((2 / Math.sqrt(step)).toFixed(4))
}
