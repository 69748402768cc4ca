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
    /** What a model that begins from nothing learns to predict; the next token where it is not given. */
    objective?: Objective
    /** How a pretrained model is trained; its default where it is not given. */
    method?: FineTuneMethod
    loraRank?: number
    loraAlpha?: number
    /** `all`, or last parts of the names of layers with commas between them, such as `q_proj,v_proj`. */
    loraTargets?: string
    seed: number
  }
  /** Why it is trained for so many epochs, where it was not the user who said so. */
  epochsReason?: string
  suffix?: string
  /** What the user calls the experiment. */
  label?: string
  tags?: readonly string[]
  /** What the user told this provider beside all that, checked by its schema, with defaults. */
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
  /** What is handed over, where machines run a job for it. */
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
  /** Nothing can be trained without it. */
  needed: boolean
  /** A sentence. */
  finding: string
  /** Commands and advice that mend it. */
  remedies: string[]
}

/** A job before it is handed over. */
export interface PlannedJob extends Resources {
  /** Who runs it. */
  engine: string
  /** Program of Python that runs the script. */
  python: string
  script: string
  /** Folder that holds the runs' folders; the store of runs where it is not given. */
  storage?: string
  /** What the script reads. */
  config: TrainerConfig
}

interface AnyProvider {
  readonly name: string
  /** A user's name for a model as runs are recorded with it: paths in full, what may change with its revision. */
  nameModel?(name: string, options: { cwd: string; signal: AbortSignal }): Promise<string>
  /** Look at everything that it needs, and say how to get what is missing. */
  diagnose?(options: { signal: AbortSignal }): Promise<Diagnosis[]>
  models(): Promise<TrainableModel[]>
  /** Check the request and say what it takes. Throws InputError for one that cannot run. */
  estimate(request: FineTuneRequest): Promise<FineTuneEstimate>
  /** Record a new run, which is then pending: `train` or `submit` makes it begin. */
  create(request: FineTuneRequest): Promise<RunRecord>
  /** Watch a run, from its first event to its end, whoever does the work. Aborting ends the watch alone. */
  follow(run: RunRecord, options: { signal: AbortSignal }): AsyncIterable<RunEvent>
  /** Stop a run for good; what it has learned so far stays on the disk. */
  cancel(run: RunRecord): Promise<RunRecord>
  [Symbol.asyncDispose](): Promise<void>
}

/** A provider that trains on this machine, in the process that asks for it. */
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

/** A provider whose runs go on at a server, whether anybody looks or not. */
export interface JobProvider extends AnyProvider {
  readonly runs: 'elsewhere'
  /**
   * Hand a run that is pending, interrupted or paused to the server that is to do its work. However often it is
   * called and wherever it is interrupted, one run costs one job at most.
   */
  submit(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /** Ask the server how a run is, and record it. */
  refresh(run: RunRecord, options: { signal: AbortSignal }): Promise<RunRecord>
  /** Record what else the server has of a run: events, checkpoints, losses. Gives back sentences on what is missing. */
  collect(run: RunRecord, options: { signal: AbortSignal }): Promise<string[]>
  /** As that of a provider that trains here; without it, its runs are not part of a sweep. */
  hyperparametersOf?(request: FineTuneRequest): RunRecord['hyperparameters']
  /** Record runs that the server has and this machine does not know, those made since then. */
  discover?(options: { since?: Date | undefined; signal: AbortSignal }): Promise<Discovery>
}

/** One of the places that fine-tune. */
export type FineTuneProvider = TrainingProvider | JobProvider

/** One whose runs can be told apart before they are made, so that a run is not trained twice. */
export type RepeatableProvider = Pick<TrainingProvider, 'name' | 'estimate' | 'create' | 'hyperparametersOf'>

/** What a provider is opened with. */
export interface ProviderOptions extends DeviceOptions {
  store: RunStore
  toolVersion: string
  /** Steps between two checkpoints, of those who train here. */
  checkpointEvery?: number | undefined
  /** Where models of the Hugging Face Hub are. */
  hub?: ReadHubSettings | undefined
  /** Told how far the fetching of a model is. */
  onFetching?: ((progress: DownloadProgress) => void) | undefined
  /** Where the server of those whose jobs run elsewhere is, and how it is asked. */
  server?: ServerOptions | undefined
  /** What the user told this provider, checked by its `settings`. */
  settings?: OptionValues | undefined
  /** What trains open weights, and on which machines. */
  cluster?: ClusterOptions | undefined
  /** An estimate may do without the server where that cannot be asked. */
  offline?: boolean | undefined
  /** Milliseconds between two looks at a run that is followed elsewhere. */
  pollMs?: number | undefined
  now?: (() => Date) | undefined
}

/** What users say of the machines that train open weights, and of how they do it. */
export interface ClusterOptions extends WantedMachines {
  /** Who runs the jobs: one of `compute/engines.ts`. */
  engine?: string | undefined
  /** Which cluster of the engine: an address or a host. */
  site?: string | undefined
  /** Flags of engines that were given. */
  given?: readonly string[] | undefined
  precision?: Precision | undefined
  /** Compute what a backward pass reads again instead of keeping it. */
  gradientCheckpointing?: boolean | undefined
  /** Folder that this machine and all that train see; each run gets a folder of its own in it. */
  storage?: string | undefined
  /** Paths start here. */
  cwd: string
  /** The environment, which holds tokens and tells where Python is; read only where a job is handed over. */
  environment: () => Promise<NodeJS.Dict<string>>
  /** Nothing is started: what the machines lack is a warning. */
  offline?: boolean | undefined
  /** Milliseconds between two looks at a run that is followed. */
  pollMs?: number | undefined
}

/** Flags of a command line by name; those that are undefined or false are left out. */
export type CommandFlags = Record<string, string | boolean | undefined>

/** A provider behind its door. */
export interface ProviderDescriptor extends Descriptor<FineTuneProvider, ProviderOptions>, ModelSource {
  /** Who does the work: this machine, or a server that goes on by itself. */
  readonly runs: FineTuneProvider['runs']
  /** True where its server can be asked for jobs that were started elsewhere. */
  readonly discovers?: boolean
  /** True where its models begin from nothing, so that a small data set needs more passes over it. */
  readonly beginsFromNothing?: boolean
  /** True for the name of a model that was pretrained although others of this provider begin from nothing. */
  namesPretrained?(model: string): boolean
  /** What `--provider-option KEY=VALUE` may say; a run is recorded with it as `provider_options`. */
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
