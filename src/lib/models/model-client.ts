import type { EngineOptions, Job } from '../compute/engine.ts'
import type { DeviceOptions } from '../engine/device.ts'
import type { ReadHubSettings } from '../engine/pretrained/hub/settings.ts'
import type { Descriptor } from '../support/registry.ts'
import type { OpeningOptions } from './gguf/open-gguf-model.ts'
import type { LanguageModel } from './language-model.ts'
import type { BatchOptions } from './openai/batch/batch-model.ts'
import type { HostedModelOptions } from './openai/hosted-model.ts'

/** On which machines jobs for a model run, where it was trained by one. */
export interface JobPlace extends Pick<Job, 'python' | 'resources'> {
  /** One of `compute/engines.ts`. */
  engine: string
  /** Where its cluster is asked. */
  site?: string | undefined
  /** Whether to compute in half precision. */
  precision: string
  /** Folder that these machines and this one see. */
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
  /** What the client, a run or a server calls the model. */
  id?: string
  /** Folder that holds it. */
  directory?: string
  /** Where a job may run it. */
  job?: JobPlace | undefined
  /** Base URL of the server that is recorded to have it; a user who names none is not sent anywhere else. */
  server?: string | undefined
}

/** How a hosted model was trained, and is asked unless the user sets otherwise. */
type Manner = Pick<HostedModelOptions, 'api' | 'system'>

/** Options for running models on this machine and for asking hosted ones. */
export interface ModelOptions extends DeviceOptions, OpeningOptions {
  hosted?: (Omit<HostedModelOptions, 'model'> & { batch?: BatchOptions | undefined }) | undefined
  /** Longest prompt with its completion in tokens, for clients that hold one in memory as a whole. */
  contextSize?: number | undefined
  /** What clients need that run a model as a job; read only by these. */
  jobs?: (() => Promise<JobSettings>) | undefined
  /** Where models of the Hugging Face Hub are. */
  hub?: ReadHubSettings | undefined
}

/** What a client opens: one model, on this machine or at a server. */
export type ClientOptions = ModelOptions & { reference: ModelReference }

/** The descriptor of a way to run models. A user's model name finds its client in one of three ways. */
export interface ModelClient extends Descriptor<LanguageModel, ClientOptions> {
  /** Start of names that are this client's alone, such as `gguf:`; the whole name is then the reference's ID. */
  readonly prefix?: string
  /** What tables and files call the model of a user's name; undefined where the name itself is short, or not its own. */
  shortName?(name: string): string | undefined
  /** True where a model that this client can open lies at an absolute path. */
  holds?(path: string): Promise<boolean>
  /**
   * The model of a name that is neither a path nor a run; undefined where it is none of this client's. `server` says that
   * the user named the server, whose models may be called anything.
   */
  named?(name: string, options: { server: boolean }): ModelReference | undefined
}
