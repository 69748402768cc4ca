/** What runs jobs of Python: this machine, or a cluster. One engine is one file, and a line in `engines.ts`. */

/** A script of the trainer's own folder, and what it is started with. */
export interface JobCommand {
  script: 'train.py' | 'score.py'
  args: readonly string[]
}

/** What a job takes of the machines. */
export interface Resources {
  /** On each machine; 0 is the processor alone. */
  gpus: number
  nodes: number
  /** Longest time that it may take, in the engine's own words, such as `04:00:00`. */
  time?: string | undefined
  /** Queue of the cluster. */
  partition?: string | undefined
}

/** One job. Its ID is chosen before it is handed over and belongs to no other, so that it is found again. */
export interface Job {
  id: string
  /** Where the script, its configuration and its data lie, as the machines of the engine see it. */
  folder: string
  command: JobCommand
  resources: Resources
  /** Program that runs the script there. */
  python: string
}

/**
 * How a job is. `unknown` was never handed over, so that it can be; `lost` was, and nobody works on it or tells how it
 * ended. What became of its work its folder tells, not the engine.
 */
export type JobState = 'unknown' | 'queued' | 'running' | 'ended' | 'lost'

export interface JobStatus {
  state: JobState
  /** The engine's own word, such as `PENDING`. */
  word: string
  exitCode?: number | undefined
  /** Signal that ended it, such as `SIGKILL`. */
  signal?: string | undefined
  /** What else the engine says: why it waits, or what kept it from its start. A sentence or less. */
  reason?: string | undefined
}

/** What an engine has, as far as it can be asked. */
export interface Machines {
  /** On one machine. */
  gpus: number
  /** True where all of them compute in bfloat16. */
  bf16: boolean
  /** Bytes of memory of the smallest one; undefined where there is none or nobody knows. */
  gpuBytes?: number | undefined
  /** Program that runs Python there, in full. */
  python: string
}

export interface Engine extends AsyncDisposable {
  readonly name: string
  /** Throws InputError for what it cannot run: no Python, a package that is missing, too few GPUs. */
  check(wanted: WantedMachines, options: { signal?: AbortSignal | undefined }): Promise<Machines>
  /** Hand a job over. However often it is called, and wherever it is interrupted, one job runs once at most. */
  submit(job: Job, options: { signal?: AbortSignal | undefined }): Promise<void>
  status(job: Job, options: { signal?: AbortSignal | undefined }): Promise<JobStatus>
  /** What it has printed, from a byte on. Empty where there is nothing (yet). */
  logs(job: Job, options: { from?: number; signal?: AbortSignal | undefined }): Promise<string>
  /** Ask a job to stop; it saves a checkpoint first. Returns at once, also for one that has ended. */
  cancel(job: Job, options: { signal?: AbortSignal | undefined }): Promise<void>
}

/** What a user asks for; what is left open the engine chooses. */
export interface WantedMachines {
  /** Program or path. */
  python?: string | undefined
  gpus?: number | undefined
  nodes?: number | undefined
  time?: string | undefined
  partition?: string | undefined
}

/** What engines are opened with. */
export interface EngineOptions {
  /** Folder of this tool's own state. */
  home: string
  /** Paths start here. */
  cwd: string
  /** Folder of the trainer's scripts. */
  scripts: string
  /** Which cluster, for engines that reach more than one: an address or a host. Runs are recorded with it. */
  site?: string | undefined
  /** The environment of jobs and of the commands that hand them over. */
  environment: NodeJS.Dict<string>
}

export interface EngineDescriptor {
  readonly name: string
  readonly summary: string
  /** Flags of finetune:start that say something to it alone; others are refused. */
  readonly flags: readonly string[]
  open(options: EngineOptions): Promise<Engine>
}
