import type { RunEvent, RunRecord } from '../schemas/run.ts'

/** A model that can be fine-tuned. */
export interface TrainableModel {
  name: string
  /** Such as "4 layers, width 128, 1.2 M parameters". */
  description: string
}

/** What to train on, with what. Paths are absolute and were checked to exist. */
export interface FineTuneRequest {
  model: string
  dataset: { name: string; directory?: string; trainingFile: string; validationFile?: string }
  hyperparameters: {
    nEpochs: number
    batchSize: number
    learningRateMultiplier: number
    /** Share of channels that local models drop in training; their default where it is not given. */
    dropout?: number
    seed: number
  }
  suffix?: string
  tags?: readonly string[]
}

export interface FineTuneEstimate {
  examples: number
  /** Tokens of one pass over the training file. */
  tokensPerEpoch: number
  /** Optimizer steps of the whole run. */
  steps: number
  /** Tokens of the whole run. */
  tokens: number
  /** Seconds; null where unknown. */
  durationS: number | null
  /** United States dollars; null where unknown. */
  costUsd: number | null
  /** Sentences that a user must see before the run starts. */
  warnings: string[]
}

/** One of the places that fine-tune: this machine, OpenAI. */
export interface FineTuneProvider {
  readonly name: string
  models(): Promise<TrainableModel[]>
  /** Check the request and say what it takes. Throws InputError for one that cannot run. */
  estimate(request: FineTuneRequest): Promise<FineTuneEstimate>
  /** Create the run and record it; a local run is then pending, a hosted one queued. */
  create(request: FineTuneRequest): Promise<RunRecord>
  /**
   * Do the run's work in this process and yield its events; only providers that train on this machine
   * have it. Aborting `signal` saves a checkpoint, marks the run interrupted and throws InterruptedError.
   */
  train?(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /** Watch a run, from its first event to its end, whoever does the work. Aborting ends the watch alone. */
  follow(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /** Stop a run for good; what it has learned so far stays on the disk. */
  cancel(run: RunRecord): Promise<RunRecord>
}
