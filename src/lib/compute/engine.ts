/**
 * An engine runs Python jobs, on this machine or a cluster. Each engine is one file and a line in
 * `engines.ts`.
 */

/** A script of the trainer's folder, and its arguments. */
export interface JobCommand {
  script: 'train.py' | 'score.py' | 'command.py' | 'serve.py'
  args: readonly string[]
}

/** The resources that a job needs. */
export interface Resources {
  /** On each machine; 0 means only the CPU. */
  gpus: number
  nodes: number
  /** Time limit in the engine's own format, such as `04:00:00`. */
  time?: string | undefined
  /** Queue of the cluster. */
  partition?: string | undefined
}

/** One job. Its unique ID is chosen before it is submitted, so that it can be found again. */
export interface Job {
  id: string
  /** Where the script, its configuration and its data lie, as the machines of the engine see it. */
  folder: string
  /** Where these files lie on this machine, if it does not see `folder`: the engine brings them there. */
  files?: string | undefined
  command: JobCommand
  resources: Resources
  /** Program that runs the script there. */
  python: string
  /** Of a job that was, or is to be, submitted together with others: the ID that they share, and its place among them. */
  array?: { id: string; task: number } | undefined
}

/** Processes that a job has on each machine: one for each GPU where TRL trains, as everything else starts its own. */
export function processesOf({ command, resources: { gpus } }: Pick<Job, 'command' | 'resources'>): number {
  return command.script === 'train.py' ? Math.max(1, gpus) : 1
}

/**
 * The status of a job. `unknown`: never submitted, so it can be. `lost`: submitted, but no longer worked on,
 * and nobody knows how it ended. The job's folder, not the engine, holds the results.
 */
export type JobState = 'unknown' | 'queued' | 'running' | 'ended' | 'lost'

export interface JobStatus {
  state: JobState
  /** The engine's own word, such as `PENDING`. */
  word: string
  exitCode?: number | undefined
  /** Signal that ended it, such as `SIGKILL`. */
  signal?: string | undefined
  /** Anything else the engine says: why the job waits, or why it could not start. At most a sentence. */
  reason?: string | undefined
}

/** The hardware of an engine, as far as it is known. */
export interface Machines {
  /** On one machine. */
  gpus: number
  /** True where all of them compute in bfloat16. */
  bf16: boolean
  /** Bytes of memory of the smallest one; undefined if there is none or it is unknown. */
  gpuBytes?: number | undefined
  /** Program that runs Python there, in full. */
  python: string
}

export interface Engine extends AsyncDisposable {
  readonly name: string
  /** Milliseconds between two looks at a job that do it no harm. */
  readonly pollMs: number
  /** Throws InputError if it cannot run the job: no Python, a missing package, too few GPUs. */
  check(wanted: WantedMachines, options: { signal?: AbortSignal | undefined }): Promise<Machines>
  /** Submit a job. However often this is called or interrupted, the job runs at most once. */
  submit(job: Job, options: { signal?: AbortSignal | undefined }): Promise<void>
  /**
   * The same for jobs that differ in nothing but their folders, by one submission; `array` says of each which. Only engines
   * whose cluster takes many at once have it.
   */
  submitArray?(jobs: readonly Job[], options: ArrayOptions): Promise<void>
  status(job: Job, options: { signal?: AbortSignal | undefined }): Promise<JobStatus>
  /** The job's output, from a byte offset on. Empty if there is none (yet). */
  logs(job: Job, options: { from?: number; signal?: AbortSignal | undefined }): Promise<string>
  /** Ask a job to stop; it saves a checkpoint first. Returns at once, even if the job has ended. */
  cancel(job: Job, options: { signal?: AbortSignal | undefined }): Promise<void>
}

export interface ArrayOptions {
  /** Jobs that run at once at most; all of them, where it is not given. */
  atOnce?: number | undefined
  signal?: AbortSignal | undefined
}

/** The user's settings; the engine chooses the rest. */
export interface WantedMachines {
  /** Program or path. */
  python?: string | undefined
  gpus?: number | undefined
  nodes?: number | undefined
  time?: string | undefined
  partition?: string | undefined
  /** Program that does the work, such as a trainer of the user's own: the packages of TRL are not needed then. */
  program?: string | undefined
  /** Address of Ray’s dashboard. */
  rayAddress?: string | undefined
  /** Host that Slurm’s commands are given on, by ssh. */
  slurmHost?: string | undefined
}

/** Options to open an engine with. */
export interface EngineOptions {
  /** Folder of this tool's own state. */
  home: string
  /** Paths start here. */
  cwd: string
  /** Folder of the trainer's scripts. */
  scripts: string
  /** Which cluster, for engines that reach more than one: an address or a host. Runs are recorded with it. */
  site?: string | undefined
  /** The environment of jobs and of the commands that submit them. */
  environment: NodeJS.Dict<string>
}

export interface EngineDescriptor {
  readonly name: string
  readonly summary: string
  /** Flags of finetune:start that only this engine has; others are refused. */
  readonly flags: readonly string[]
  /** The address or host of its cluster, for those that have one. Throws InputError where one is needed. */
  siteOf?(wanted: WantedMachines): string | undefined
  /** True where it brings a job's files to its machines, so that this one need not see their folders. */
  delivers?(site: string | undefined): boolean
  /** True where its engine has `submitArray`. */
  readonly takesArrays?: boolean
  open(options: EngineOptions): Promise<Engine>
}
