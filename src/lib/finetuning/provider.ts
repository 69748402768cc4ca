import type { Resources, WantedMachines } from '../compute/engine.ts'
import type { HeldOutCheck } from '../datasets/held-out.ts'
import type { DeviceOptions } from '../engine/device.ts'
import type { Loss } from '../engine/loss-mask.ts'
import type { Objective } from '../engine/objectives.ts'
import type { DownloadProgress } from '../engine/pretrained/hub/download.ts'
import type { ReadHubSettings } from '../engine/pretrained/hub/settings.ts'
import type { ModelSource, RunPlace } from '../models/model-source.ts'
import type { ServerOptions } from '../models/openai/server.ts'
import type { OptionsSchema, OptionValues } from '../schemas/option-values.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import type { Descriptor } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { OwnTrainer } from './trl/own-trainer.ts'
import type { Precision, TrainerConfig } from './trl/trainer-config.ts'

/** A model that can be fine-tuned. */
export interface TrainableModel {
  name: string
  /** Such as "4 layers, width 384, 8.9 M parameters". */
  description: string
}

export const FINE_TUNE_METHODS = ['full', 'lora'] as const
/** All weights of a pretrained model, or an adapter of low rank (arXiv 2106.09685). */
export type FineTuneMethod = (typeof FINE_TUNE_METHODS)[number]

/** A training: its model, data and settings. Paths are absolute and were checked to exist. */
export interface FineTuneRequest {
  model: string
  dataset: {
    name: string
    directory?: string
    trainingFile: string
    validationFile?: string
    /** Held-out content that was found in the training file, unless that is the data set's own. */
    heldOut?: Omit<HeldOutCheck, 'findings'>
  }
  hyperparameters: {
    nEpochs: number
    /** Tokens, or floating-point operations, that end a training here instead of epochs; one of them at most. */
    tokenBudget?: number
    computeBudget?: number
    /** Part of each text that the loss covers in training here; all of it by default. */
    loss?: Loss
    batchSize: number
    learningRateMultiplier: number
    /** Share of channels that local models drop in training; their own default if absent. */
    dropout?: number
    /** What a model trained from scratch learns to predict; by default the next token. */
    objective?: Objective
    /** How a pretrained model is trained; the provider's default if absent. */
    method?: FineTuneMethod
    loraRank?: number
    loraAlpha?: number
    /** `all`, or last parts of the names of layers with commas between them, such as `q_proj,v_proj`. */
    loraTargets?: string
    seed: number
  }
  /** The reason for the number of epochs, if the user did not set it. */
  epochsReason?: string
  suffix?: string
  /** The user's name for the experiment. */
  label?: string
  tags?: readonly string[]
  /** The provider's own options, checked by its schema, with defaults. */
  options?: OptionValues
}

export interface FineTuneEstimate {
  examples: number
  /** Tokens of one pass over the training file. */
  tokensPerEpoch: number
  /** Optimizer steps of the whole run. */
  steps: number
  /** Tokens of the whole run. */
  tokens: number
  /** Seconds; null if unknown. */
  durationS: number | null
  /** United States dollars; null if unknown. */
  costUsd: number | null
  /** Memory that a training needs, per GPU if there are any; absent if unknown. */
  memoryBytes?: number
  /** The job to submit, if machines run one for it. */
  job?: PlannedJob
  /** The basis of the cost, or why it is unknown: a sentence. */
  costBasis?: string
  /** Sentences that a user must see before the run starts. */
  warnings: string[]
}

/** The state of one thing that a provider needs. */
export interface Diagnosis {
  /** Such as `Python`. */
  what: string
  ok: boolean
  /** True if training is impossible without it. */
  needed: boolean
  /** A sentence. */
  finding: string
  /** Commands and advice that fix it. */
  remedies: string[]
}

/** A job that is not submitted yet. */
export interface PlannedJob extends Resources {
  /** Who runs it. */
  engine: string
  /** Address or host of its cluster. */
  site?: string
  /** Program of Python that runs the script. */
  python: string
  script: string
  /** Command of the user's own trainer, with its placeholders. */
  command?: string
  /** Folder that contains the runs' folders; the store of runs by default. */
  storage?: string
  /** Configuration that the script reads. */
  config: TrainerConfig
}

interface AnyProvider {
  readonly name: string
  /**
   * Turns a user's name for a model into the name in records: with full paths, and with the commit of a revision that
   * may move.
   */
  nameModel?(name: string, options: { cwd: string; signal: AbortSignal }): Promise<string>
  /** Checks everything that it needs, and says how to get what is missing. */
  diagnose?(options: { signal: AbortSignal }): Promise<Diagnosis[]>
  models(): Promise<TrainableModel[]>
  /** Checks the request and estimates it. Throws InputError if it cannot run. */
  estimate(request: FineTuneRequest): Promise<FineTuneEstimate>
  /** Records a new, pending run: `train` or `submit` starts it. */
  create(request: FineTuneRequest): Promise<RunRecord>
  /** Watches a run from its first event to its end, wherever it is trained. Aborting only ends the watch. */
  follow(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /** Cancels a run; its checkpoints so far stay on disk. */
  cancel(run: RunRecord): Promise<RunRecord>
  [Symbol.asyncDispose](): Promise<void>
}

/** A provider that trains on this machine, in the calling process. */
export interface TrainingProvider extends AnyProvider {
  readonly runs: 'here'
  /**
   * The hyperparameters that a run of this request is recorded with: runs with the same model, file and hyperparameters
   * are equal.
   */
  hyperparametersOf(request: FineTuneRequest): RunRecord['hyperparameters']
  /** Converts the request's budget into passes over the training file. */
  epochsWithin?(request: FineTuneRequest): Promise<number>
  /**
   * Does the run's work in this process and yields its events. Aborting `signal` saves a checkpoint, marks the run
   * interrupted and throws InterruptedError.
   */
  train(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
}

/** A provider whose runs continue at a server without any local process. */
export interface JobProvider extends AnyProvider {
  readonly runs: 'elsewhere'
  /**
   * Submits a pending, interrupted or paused run to its server. However often this is called or interrupted, a
   * run has at most one job.
   */
  submit(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /**
   * Submits new runs in one request: afterwards the server has all of them, or none. Only if it accepts several at
   * once.
   */
  readonly submitTogether?:
    | ((runs: readonly RunRecord[], options: TogetherOptions) => Promise<RunRecord[]>)
    | undefined
  /** Asks the server for a run's status, and records it. */
  refresh(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /**
   * Records what else the server has of a run: events, checkpoints, losses. Returns sentences about what is missing.
   */
  collect(run: RunRecord, options: { signal: AbortSignal }): Promise<string[]>
  /** As for a provider that trains here; without it, its runs cannot be part of a sweep. */
  hyperparametersOf?(request: FineTuneRequest): RunRecord['hyperparameters']
  /** Record runs that the server has and this machine does not know, those made since then. */
  discover?(options: { since?: Date | undefined; signal: AbortSignal }): Promise<Discovery>
}

export interface TogetherOptions {
  /** Maximum number of runs that train at the same time; by default as many as the server allows. */
  atOnce?: number | undefined
  signal: AbortSignal
}

/** One of the places that fine-tune. */
export type FineTuneProvider = TrainingProvider | JobProvider

/** A provider that can compare runs before they are created, so that no run is trained twice. */
export type RepeatableProvider = Pick<TrainingProvider, 'name' | 'estimate' | 'create' | 'hyperparametersOf'>

/** Options to open a provider with. */
export interface ProviderOptions extends DeviceOptions {
  store: RunStore
  toolVersion: string
  /** Steps between two checkpoints, of those who train here. */
  checkpointEvery?: number | undefined
  /** Where models of the Hugging Face Hub are. */
  hub?: ReadHubSettings | undefined
  /** Called with the progress of a download. */
  onFetching?: ((progress: DownloadProgress) => void) | undefined
  /** The server of providers whose jobs run elsewhere, and how to use it. */
  server?: ServerOptions | undefined
  /** The user's settings for this provider, checked by its `settings` schema. */
  settings?: OptionValues | undefined
  /** What trains open weights, and where. */
  cluster?: ClusterOptions | undefined
  /** True if an estimate may be made without the server. */
  offline?: boolean | undefined
  /** Milliseconds between two looks at a run that is followed elsewhere. */
  pollMs?: number | undefined
  now?: (() => Date) | undefined
}

/** The user's settings for the machines that train open weights. */
export interface ClusterOptions extends WantedMachines {
  /** Who runs the jobs: one of `compute/engines.ts`. */
  engine?: string | undefined
  /** Flags of engines that were given. */
  given?: readonly string[] | undefined
  precision?: Precision | undefined
  /** Recompute activations in the backward pass instead of keeping them. */
  gradientCheckpointing?: boolean | undefined
  /** Folder that this machine and all machines that train see; each run gets its own folder in it. */
  storage?: string | undefined
  /** Paths start here. */
  cwd: string
  /** The environment, with tokens and the path of Python; read only when a job is submitted. */
  environment: () => Promise<NodeJS.Dict<string>>
  /** A trainer of the user's own in place of TRL. */
  trainer?: OwnTrainer | undefined
  /** If set, nothing is started, and anything that the machines lack is only a warning. */
  offline?: boolean | undefined
  /** Milliseconds between two looks at a run that is followed. */
  pollMs?: number | undefined
}

/** Flags of a command line by name; those that are undefined or false are left out. */
export type CommandFlags = Record<string, string | boolean | undefined>

/** The descriptor of a provider. */
export interface ProviderDescriptor extends Descriptor<FineTuneProvider, ProviderOptions>, ModelSource {
  /** Where runs train: on this machine, or at a server that continues by itself. */
  readonly runs: FineTuneProvider['runs']
  /** True if its server can list jobs that were started elsewhere. */
  readonly discovers?: boolean
  /** True if its models are trained from scratch, so that small data sets need more epochs. */
  readonly beginsFromNothing?: boolean
  /** True for names of pretrained models, if other models of this provider are trained from scratch. */
  namesPretrained?(model: string): boolean
  /** The schema of `--provider-option KEY=VALUE`; a run records the values as `provider_options`. */
  readonly options?: OptionsSchema
  /**
   * Settings to open it with, other than its server; a setting `a_b` is also the flag `--a-b`, or a
   * `--provider-option`. Unlike `options`, they are not recorded, except for what the provider itself records.
   */
  readonly settings?: OptionsSchema
  /** Flags of finetune:start that it takes in addition to the common ones; all others are refused. */
  readonly flags?: readonly string[]
  /**
   * The folder on this machine with the weights of a run in the embedded engine's layout; undefined if there is none.
   */
  weightsOf(run: RunRecord, place: RunPlace): string | undefined
  /** The folder outside its own that holds files of a run, of those that have one, and whether this machine sees it. */
  filesOf?(run: RunRecord, place: RunPlace): { folder: string; here: boolean } | undefined
  /** The flags of finetune:start that repeat a run, in addition to the common ones. */
  flagsOf?(run: RunRecord): CommandFlags
}

/** The result of a discovery. */
export interface Discovery {
  /** Newly recorded runs. */
  runs: RunRecord[]
  /** Number of jobs that cannot be recorded as runs, as their settings are unknown. */
  skipped: number
}

/** Whether a `KEY=VALUE` text is a setting of a provider; if not, it is an option of the run. */
export function isSetting(text: string, { settings }: Pick<ProviderDescriptor, 'settings'>): boolean {
  return Object.hasOwn(settings?.properties ?? {}, text.split('=', 1)[0]!)
}
