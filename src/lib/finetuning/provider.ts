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
    /** Tokens, or floating-point operations, that end a training here instead of epochs; one of them at most. */
    tokenBudget?: number
    computeBudget?: number
    /** What of each text counts in training here; all of it where it is not given. */
    loss?: Loss
    batchSize: number
    learningRateMultiplier: number
    /** Share of channels that local models drop in training; their default where it is not given. */
    dropout?: number
    /** What a model trained from scratch learns to predict; by default the next token. */
    objective?: Objective
    /** How a pretrained model is trained; its default where it is not given. */
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
  /** What the user calls the experiment. */
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
  /** Seconds; null where unknown. */
  durationS: number | null
  /** United States dollars; null where unknown. */
  costUsd: number | null
  /** Memory that a training takes, on each GPU where there are some, where it can be said. */
  memoryBytes?: number
  /** The job to submit, if machines run one for it. */
  job?: PlannedJob
  /** What the cost follows from, or why it is unknown: a sentence. */
  costBasis?: string
  /** Sentences that a user must see before the run starts. */
  warnings: string[]
}

/** What is wrong with, or known of, one thing that a provider needs. */
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

/** A job before it is submitted. */
export interface PlannedJob extends Resources {
  /** Who runs it. */
  engine: string
  /** Address or host of its cluster. */
  site?: string
  /** Program of Python that runs the script. */
  python: string
  script: string
  /** Of the user's own trainer, with its placeholders. */
  command?: string
  /** Folder that holds the runs' folders; the store of runs where it is not given. */
  storage?: string
  /** What the script reads. */
  config: TrainerConfig
}

interface AnyProvider {
  readonly name: string
  /** A user's name for a model as runs are recorded with it: paths in full, what may change with its revision. */
  nameModel?(name: string, options: { cwd: string; signal: AbortSignal }): Promise<string>
  /** Check everything it needs, and say how to get what is missing. */
  diagnose?(options: { signal: AbortSignal }): Promise<Diagnosis[]>
  models(): Promise<TrainableModel[]>
  /** Check the request and estimate it. Throws InputError if it cannot run. */
  estimate(request: FineTuneRequest): Promise<FineTuneEstimate>
  /** Record a new, pending run: `train` or `submit` starts it. */
  create(request: FineTuneRequest): Promise<RunRecord>
  /** Watch a run, from its first event to its end, whoever does the work. Aborting ends the watch alone. */
  follow(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /** Cancel a run; its checkpoints so far stay on disk. */
  cancel(run: RunRecord): Promise<RunRecord>
  [Symbol.asyncDispose](): Promise<void>
}

/** A provider that trains on this machine, in the calling process. */
export interface TrainingProvider extends AnyProvider {
  readonly runs: 'here'
  /** What a run of this request is recorded with: runs of one model and file with the same are the same. */
  hyperparametersOf(request: FineTuneRequest): RunRecord['hyperparameters']
  /** The passes over the training file that the request's budget comes to. */
  epochsWithin?(request: FineTuneRequest): Promise<number>
  /**
   * Do the run's work in this process and yield its events. Aborting `signal` saves a checkpoint, marks the run
   * interrupted and throws InterruptedError.
   */
  train(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
}

/** A provider whose runs continue at a server without any local process. */
export interface JobProvider extends AnyProvider {
  readonly runs: 'elsewhere'
  /**
   * Submit a pending, interrupted or paused run to its server. However often this is called or interrupted, a
   * run has at most one job.
   */
  submit(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /**
   * Submit new runs by one request. The server has all of them afterwards, or none. Only where it takes many at once.
   */
  readonly submitTogether?:
    | ((runs: readonly RunRecord[], options: TogetherOptions) => Promise<RunRecord[]>)
    | undefined
  /** Ask the server for a run's status, and record it. */
  refresh(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /** Record what else the server has of a run: events, checkpoints, losses. Gives back sentences on what is missing. */
  collect(run: RunRecord, options: { signal: AbortSignal }): Promise<string[]>
  /** As that of a provider that trains here; without it, its runs are not part of a sweep. */
  hyperparametersOf?(request: FineTuneRequest): RunRecord['hyperparameters']
  /** Record runs that the server has and this machine does not know, those made since then. */
  discover?(options: { since?: Date | undefined; signal: AbortSignal }): Promise<Discovery>
}

export interface TogetherOptions {
  /** Runs that train at a time at most; as many as the server lets, where it is not given. */
  atOnce?: number | undefined
  signal: AbortSignal
}

/** One of the places that fine-tune. */
export type FineTuneProvider = TrainingProvider | JobProvider

/** One whose runs can be told apart before they are made, so that a run is not trained twice. */
export type RepeatableProvider = Pick<TrainingProvider, 'name' | 'estimate' | 'create' | 'hyperparametersOf'>

/** Options to open a provider with. */
export interface ProviderOptions extends DeviceOptions {
  store: RunStore
  toolVersion: string
  /** Steps between two checkpoints, of those who train here. */
  checkpointEvery?: number | undefined
  /** Where models of the Hugging Face Hub are. */
  hub?: ReadHubSettings | undefined
  /** Told how far the fetching of a model is. */
  onFetching?: ((progress: DownloadProgress) => void) | undefined
  /** The server of providers whose jobs run elsewhere, and how to ask it. */
  server?: ServerOptions | undefined
  /** The user's settings for this provider, checked by its `settings` schema. */
  settings?: OptionValues | undefined
  /** What trains open weights, and on which machines. */
  cluster?: ClusterOptions | undefined
  /** An estimate may do without the server where that cannot be asked. */
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
  /** Folder that this machine and all that train see; each run gets a folder of its own in it. */
  storage?: string | undefined
  /** Paths start here. */
  cwd: string
  /** The environment, which holds tokens and tells where Python is; read only where a job is handed over. */
  environment: () => Promise<NodeJS.Dict<string>>
  /** A trainer of the user's own in place of TRL. */
  trainer?: OwnTrainer | undefined
  /** Nothing is started: what the machines lack is a warning. */
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
  /** True where its server can be asked for jobs that were started elsewhere. */
  readonly discovers?: boolean
  /** True if its models are trained from scratch, so that small data sets need more epochs. */
  readonly beginsFromNothing?: boolean
  /** True for names of pretrained models, if other models of this provider are trained from scratch. */
  namesPretrained?(model: string): boolean
  /** The schema of `--provider-option KEY=VALUE`; a run records the values as `provider_options`. */
  readonly options?: OptionsSchema
  /**
   * What it is opened with beside its server, with `_` where flags of the same names have `-`; `--provider-option` says it,
   * too. Unlike `options` it is no part of the record, but as far as the provider itself records what came of it.
   */
  readonly settings?: OptionsSchema
  /** Flags of finetune:start beside the common ones that say something to it; all others of that kind are refused. */
  readonly flags?: readonly string[]
  /** The folder of this machine that holds the weights of a run, as the embedded engine writes them; none elsewhere. */
  weightsOf(run: RunRecord, place: RunPlace): string | undefined
  /** The folder outside its own that holds files of a run, of those that have one, and whether this machine sees it. */
  filesOf?(run: RunRecord, place: RunPlace): { folder: string; here: boolean } | undefined
  /** The flags of finetune:start that make a run again, beside the common ones. */
  flagsOf?(run: RunRecord): CommandFlags
}

/** What was found at a server. */
export interface Discovery {
  /** Runs that were recorded anew. */
  runs: RunRecord[]
  /** Jobs that cannot be recorded as runs, as they do not say what they were made with. */
  skipped: number
}

/** Whether a `KEY=VALUE` text is about a setting of a provider; if not, it is about an option of the run. */
export function isSetting(text: string, { settings }: Pick<ProviderDescriptor, 'settings'>): boolean {
  return Object.hasOwn(settings?.properties ?? {}, text.split('=', 1)[0]!)
}
