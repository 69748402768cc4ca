import type { HeldOutCheck } from '../datasets/held-out.ts'
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
  dataset: {
    name: string
    directory?: string
    trainingFile: string
    validationFile?: string
    /** What the training file, where it is not the data set's own, holds of what is to be held out. */
    heldOut?: Omit<HeldOutCheck, 'findings'>
  }
  hyperparameters: {
    nEpochs: number
    batchSize: number
    learningRateMultiplier: number
    /** Share of channels that local models drop in training; their default where it is not given. */
    dropout?: number
    seed: number
  }
  /** Why it is trained for so many epochs, where it was not the user who said so. */
  epochsReason?: string
  suffix?: string
  /** What the user calls the experiment. */
  label?: string
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
  /** What the cost follows from, or why it is unknown: a sentence. */
  costBasis?: string
  /** Sentences that a user must see before the run starts. */
  warnings: string[]
}

/** One of the places that fine-tune: this machine, OpenAI. */
export interface FineTuneProvider {
  readonly name: string
  models(): Promise<TrainableModel[]>
  /** Check the request and say what it takes. Throws InputError for one that cannot run. */
  estimate(request: FineTuneRequest): Promise<FineTuneEstimate>
  /** Record a new run, which is then pending: `train` or `submit` makes it begin. */
  create(request: FineTuneRequest): Promise<RunRecord>
  /**
   * Do the run's work in this process and yield its events; only providers that train on this machine
   * have it. Aborting `signal` saves a checkpoint, marks the run interrupted and throws InterruptedError.
   */
  train?(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /**
   * Hand a run that is pending, interrupted or paused to the server that is to do its work. However often it is
   * called and wherever it is interrupted, one run costs one job at most.
   */
  submit?(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /** Ask the server how a run is, and record it. */
  refresh?(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /** Record what else the server has of a run: events, checkpoints, losses. Gives back sentences on what is missing. */
  collect?(run: RunRecord, options: { signal: AbortSignal }): Promise<string[]>
  /** Record runs that the server has and this machine does not know, those made since then. */
  discover?(options: { since?: Date | undefined; signal: AbortSignal }): Promise<Discovery>
  /** Watch a run, from its first event to its end, whoever does the work. Aborting ends the watch alone. */
  follow(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /** Stop a run for good; what it has learned so far stays on the disk. */
  cancel(run: RunRecord): Promise<RunRecord>
  /** Give up what the provider holds open, such as connections. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What was found at a server. */
export interface Discovery {
  /** Runs that were recorded anew. */
  runs: RunRecord[]
  /** Jobs that cannot be recorded as runs, as they do not say what they were made with. */
  skipped: number
}

const REMOTE = ['submit', 'refresh', 'collect', 'discover'] as const

/** A provider whose runs go on at a server, whether anybody looks or not. */
export type HostedProvider = FineTuneProvider & Required<Pick<FineTuneProvider, (typeof REMOTE)[number]>>

/** True for a provider whose runs go on at a server. */
export function isHosted(provider: FineTuneProvider): provider is HostedProvider {
  return REMOTE.every((method) => provider[method] !== undefined)
}
