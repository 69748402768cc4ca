import { join } from 'node:path'
import type { Job, JobCommand, Resources } from '../../compute/engine.ts'
import { shortModelName } from '../../engine/pretrained/names-pretrained.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { OwnTrainer } from './own-trainer.ts'
import { TRAINER_NAME } from './own-trainer.ts'
import type { TrainerConfig } from './trainer-config.ts'

export const TRL = 'trl'
/** Prefix of the names of its models. */
export const TRL_PREFIX = `${TRL}/`

/** The `request` in a run's record: everything that its job is made from, without any secret. */
export interface TrlRequest {
  engine: string
  /** Address or host of the engine's cluster. */
  site?: string
  /** Folder of the job, as the machines of the engine see it. */
  folder: string
  /** Where its files are on this machine, if it does not see that folder. */
  files?: string
  python: string
  resources: Resources
  config: TrainerConfig
  /** The trainer that replaces TRL. */
  trainer?: OwnTrainer
  /** True if the embedded engine can run the trained model; otherwise a job does. */
  runs_here: boolean
  /** Number of the last attempt that was, or will be, submitted; 0 before the first. */
  attempt: number
  /**
   * For an attempt that was submitted together with those of other runs: the ID that they share, and its place among
   * them.
   */
  array?: { id: string; task: number; attempt: number }
  /** True once the user has cancelled it. */
  cancelled?: boolean
}

export function requestOf({ request }: Pick<RunRecord, 'request'>): TrlRequest {
  return request as unknown as TrlRequest
}

/** The job of an attempt. Its ID is the run's with the attempt, so that it is found again whatever happens. */
export function jobOf(run: Pick<RunRecord, 'id' | 'request'>, attempt = requestOf(run).attempt): Job {
  const { folder, files, python, resources, array, trainer } = requestOf(run)
  const command: JobCommand =
    trainer === undefined
      ? { script: 'train.py', args: [join(folder, 'config.json'), String(attempt)] }
      : { script: 'command.py', args: [join(folder, TRAINER_NAME), String(attempt)] }
  return {
    ...{ id: `${run.id}-${attempt}`, folder, files, python, resources, command },
    ...(array?.attempt === attempt && { array: { id: array.id, task: array.task } }),
  }
}

/** The folder of the job's files on this machine. The trainer's output is there only if it is the job's own folder. */
export function filesOf({ folder, files = folder }: Pick<TrlRequest, 'folder' | 'files'>): string {
  return files
}

/** The name of a run's model, such as `trl/SmolLM2-135M:my-suffix:ft-7k2m9qpd`. */
export function trlModelName({ id, model, suffix }: Pick<RunRecord, 'id' | 'model' | 'suffix'>): string {
  return TRL_PREFIX + [shortModelName(model), suffix, id].filter((part) => part !== undefined).join(':')
}
