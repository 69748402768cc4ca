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
  /** Path of the script, its configuration and its data, as the machines of the engine see it. */
  folder: string
  /** Where these files are on this machine if it does not see `folder`; the engine copies them there. */
  files?: string | undefined
  command: JobCommand
  resources: Resources
  /** Program that runs the script there. */
  python: string
  /** For a job that is submitted together with others: the ID that they share, and its place among them, from 0. */
  array?: { id: string; task: number } | undefined
}

/** Processes that a job has on each machine: one per GPU if TRL trains, else one, which starts others itself. */
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
  /** True if all of them compute in bfloat16. */
  bf16: boolean
  /** Bytes of memory of the smallest one; undefined if there is none or it is unknown. */
  gpuBytes?: number | undefined
  /** Program that runs Python there, in full. */
  python: string
}

export interface Engine extends AsyncDisposable {
  readonly name: string
  /** Shortest time between two status requests that does not burden the engine, in ms. */
  readonly pollMs: number
  /** Throws InputError if it cannot run the job: no Python, a missing package, too few GPUs. */
  check(wanted: WantedMachines, options: { signal?: AbortSignal | undefined }): Promise<Machines>
  /** Submits a job. However often this is called or interrupted, the job runs at most once. */
  submit(job: Job, options: { signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Submits several jobs at once, at most as many as the descriptor's `arraySize`. They differ only in their folders,
   * and `array` gives the place of each. Engines without an `arraySize` do not have it.
   */
  submitArray?(jobs: readonly Job[], options: ArrayOptions): Promise<void>
  status(job: Job, options: { signal?: AbortSignal | undefined }): Promise<JobStatus>
  /** The job's output, from a byte offset on. Empty if there is none (yet). */
  logs(job: Job, options: { from?: number; signal?: AbortSignal | undefined }): Promise<string>
  /** Asks a job to stop; it saves a checkpoint first. Returns at once, even if the job has ended. */
  cancel(job: Job, options: { signal?: AbortSignal | undefined }): Promise<void>
}

export interface ArrayOptions {
  /** Maximum number of jobs that run at the same time; undefined means all of them. */
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
  /** Program that does the work instead of TRL, such as the user's own trainer; TRL's packages are then not needed. */
  program?: string | undefined
  /** Address of Ray’s dashboard. */
  rayAddress?: string | undefined
  /** Host on which Slurm’s commands are run, by ssh. */
  slurmHost?: string | undefined
}

/** Options to open an engine with. */
export interface EngineOptions {
  /** Folder of this tool's own state. */
  home: string
  /** Relative paths start here. */
  cwd: string
  /** Folder of the trainer's scripts. */
  scripts: string
  /** Address or host of the cluster, for engines that can reach several; it is recorded with each run. */
  site?: string | undefined
  /** The environment of jobs and of the commands that submit them. */
  environment: NodeJS.Dict<string>
}

export interface EngineDescriptor {
  readonly name: string
  readonly summary: string
  /** Flags of finetune:start that this engine takes, of those that not all engines take. */
  readonly flags: readonly string[]
  /** The address or host of its cluster, if it has one. Throws InputError if it is needed but not given. */
  siteOf?(wanted: WantedMachines): string | undefined
  /** True if it copies a job's files to its machines, so that this machine need not see their folders. */
  delivers?(site: string | undefined): boolean
  /** Maximum number of jobs that its engine submits as one array; undefined if it submits them one by one. */
  readonly arraySize?: number
  open(options: EngineOptions): Promise<Engine>
}
