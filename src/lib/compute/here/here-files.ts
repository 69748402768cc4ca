import { join } from 'node:path'

/** The engine's own files within a job's folder. */
export function hereFiles({ id, folder }: { id: string; folder: string }) {
  const beside = (name: string) => join(folder, 'jobs', `${id}.${name}`)
  return {
    /** Instructions to the host process. */
    order: beside('json'),
    /** The host process holds it as long as the job waits or runs. */
    lock: beside('lock'),
    /** There as soon as the job's own process was started. */
    started: beside('started'),
    /** How the job ended. */
    exit: beside('exit.json'),
    log: beside('log'),
    /** Creating this file asks the job to stop. */
    stop: join(folder, 'stop'),
  }
}

/**
 * The order for a host process. It holds no secrets: the environment is inherited from process to process.
 */
export interface HostOrder {
  id: string
  folder: string
  /** Program and arguments. */
  command: string[]
  /** Jobs of one queue run one after another, as they share processor and GPUs. */
  queue: string
}

/** How a job of this machine ended. */
export interface HostExit {
  code: number | null
  signal: string | null
  /** Why it could not be started. */
  reason?: string
}
