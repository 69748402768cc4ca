import type { EngineOptions, Job } from '../compute/engine.ts'
import type { DeviceOptions } from '../engine/device.ts'
import type { ReadHubSettings } from '../engine/pretrained/hub/settings.ts'
import type { Descriptor } from '../support/registry.ts'
import type { OpeningOptions } from './gguf/open-gguf-model.ts'
import type { LanguageModel } from './language-model.ts'
import type { BatchOptions } from './openai/batch/batch-model.ts'
import type { HostedModelOptions } from './openai/hosted-model.ts'

/** The machines on which jobs for a model run, if it was trained by a job. */
export interface JobPlace extends Pick<Job, 'python' | 'resources'> {
  /** One of `compute/engines.ts`. */
  engine: string
  /** Address or host of its cluster. */
  site?: string | undefined
  /** Number format of the computation. */
  precision: string
  /** Folder that both these machines and this one see. */
  folder: string
}

/** What a Python job needs from its caller. */
export interface JobSettings extends Omit<EngineOptions, 'scripts' | 'site'> {
  /** Program or path. */
  python?: string | undefined
}

/** A model and the client that opens it. */
export interface ModelReference extends Manner {
  /** The client's name. Where it is absent, the model is one that this machine does not have. */
  client?: string
  /** The model's name to the client, a run or a server. */
  id?: string
  /** Folder that holds it. */
  directory?: string
  /** The machines on which a job may run it. */
  job?: JobPlace | undefined
  /** Base URL of the server that has it, as recorded; if the user names no server, requests go nowhere else. */
  server?: string | undefined
}

/** How a hosted model was trained, and is prompted unless the user sets otherwise. */
type Manner = Pick<HostedModelOptions, 'api' | 'system'>

/** Options for running models on this machine and for asking hosted ones. */
export interface ModelOptions extends DeviceOptions, OpeningOptions {
  hosted?: (Omit<HostedModelOptions, 'model'> & { batch?: BatchOptions | undefined }) | undefined
  /** Longest prompt with its completion in tokens, for clients that hold one in memory as a whole. */
  contextSize?: number | undefined
  /** Settings for clients that run a model as a job; only these clients read them. */
  jobs?: (() => Promise<JobSettings>) | undefined
  /** Where models of the Hugging Face Hub are. */
  hub?: ReadHubSettings | undefined
}

/** The model to open, on this machine or on a server. */
export type ClientOptions = ModelOptions & { reference: ModelReference }

/** The descriptor of a way to run models. A user's model name finds its client in one of three ways. */
export interface ModelClient extends Descriptor<LanguageModel, ClientOptions> {
  /** Prefix of names that belong to this client, such as `gguf:`; the whole name is then the reference's ID. */
  readonly prefix?: string
  /** A short name for tables and files; undefined if the user's name is short already, or not this client's. */
  shortName?(name: string): string | undefined
  /** True if there is a model that this client can open at an absolute path. */
  holds?(path: string): Promise<boolean>
  /**
   * The model for a name that is neither a path nor a run; undefined if it is not this client's. `server` means that
   * the user named the server, whose models may have any name.
   */
  named?(name: string, options: { server: boolean }): ModelReference | undefined
}
