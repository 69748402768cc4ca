import { join } from 'node:path'
import type { Job, JobCommand, Resources } from '../../compute/engine.ts'
import { shortModelName } from '../../engine/pretrained/names-pretrained.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { OwnTrainer } from './own-trainer.ts'
import { TRAINER_NAME } from './own-trainer.ts'
import type { TrainerConfig } from './trainer-config.ts'

export const TRL = 'trl'
/** What the names of its models begin with. */
export const TRL_PREFIX = `${TRL}/`

/** What a run is recorded with as its `request`: all that its job is made from, without any secret. */
export interface TrlRequest {
  engine: string
  /** Where the engine's cluster is asked: an address, or a host. */
  site?: string
  /** Folder of the job, as the machines of the engine see it. */
  folder: string
  /** Where its files lie here, if this machine does not see that folder. */
  files?: string
  python: string
  resources: Resources
  config: TrainerConfig
  /** What trains in place of TRL. */
  trainer?: OwnTrainer
  /** The embedded engine can run what is trained; a job does where it cannot. */
  runs_here: boolean
  /** Of the last job that was, or is to be, handed over; 0 before the first. */
  attempt: number
  /** Where an attempt was handed over together with those of other runs: what they share, and its place among them. */
  array?: { id: string; task: number; attempt: number }
  /** The user wants no more of it. */
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

/** The folder of the job's files that this machine sees. What the trainer writes is there only where it is the job's own. */
export function filesOf({ folder, files = folder }: Pick<TrlRequest, 'folder' | 'files'>): string {
  return files
}

/** The name under which a run's model is used, such as `trl/SmolLM2-135M:my-suffix:ft-7k2m9qpd`. */
export function trlModelName({ id, model, suffix }: Pick<RunRecord, 'id' | 'model' | 'suffix'>): string {
  return TRL_PREFIX + [shortModelName(model), suffix, id].filter((part) => part !== undefined).join(':')
}
