import type { SlurmRow } from './job-states.ts'
import { chooseState, describeRow } from './job-states.ts'

/** A number: plain up to Slurm 22.05, an object from 23.02 on. */
type SlurmNumber = number | null | { set: boolean; infinite: boolean; number: number }

/** A job as `squeue --json` prints it. Its state is a word up to 23.02, and a list of words from 23.11 on. */
interface QueuedJob {
  job_id: SlurmNumber
  array_job_id?: SlurmNumber
  array_task_id?: SlurmNumber
  /** Tasks that wait together, such as `1-3%1`. */
  array_task_string?: string
  job_state: string | string[]
  state_reason?: string
  name: string
}

/** A job as `sacct --json` prints it. */
interface AccountedJob {
  job_id: SlurmNumber
  array?: { job_id?: SlurmNumber; task_id?: SlurmNumber; task?: string | null }
  state: { current: string | string[]; reason?: string }
  name: string
}

/** Earlier versions ignore the filter and print the whole queue as JSON. */
const LEAST_JSON = [23, 2] as const

/** Whether a Slurm prints the requested jobs, and only those, as JSON, from the output of `squeue --version`. */
export function printsJson(version: string): boolean {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return major > LEAST_JSON[0] || (major === LEAST_JSON[0] && minor >= LEAST_JSON[1])
}

/** Undefined unless it is squeue's JSON: a version without its plugin prints something else, or nothing. */
export function parseQueueJson(text: string): SlurmRow[] | undefined {
  return jobsOf<QueuedJob>(text)?.map((job) =>
    describeRow({
      number: numberOf(job.job_id, {
        array: job.array_job_id,
        task: job.array_task_id,
        tasks: job.array_task_string,
      }),
      ...{ state: stateOf(job.job_state), reason: job.state_reason, name: job.name },
    }),
  )
}

/** Undefined unless it is sacct's JSON. */
export function parseAccountJson(text: string): SlurmRow[] | undefined {
  return jobsOf<AccountedJob>(text)?.map(({ job_id: id, array = {}, state, name }) =>
    describeRow({
      number: numberOf(id, { array: array.job_id, task: array.task_id, tasks: array.task }),
      ...{ state: stateOf(state.current), name },
    }),
  )
}

function jobsOf<T>(text: string): T[] | undefined {
  try {
    const { jobs } = JSON.parse(text) as { jobs?: T[] }
    return Array.isArray(jobs) ? jobs : undefined
  } catch {
    return undefined
  }
}

function stateOf(state: string | string[]): string {
  return chooseState(typeof state === 'string' ? [state] : state)
}

/** Undefined if it is not set. */
function plainNumber(value: SlurmNumber | undefined): number | undefined {
  if (typeof value === 'number') return value
  return value?.set && !value.infinite ? value.number : undefined
}

/** As squeue writes it: a task of an array has the array's number and its own. */
function numberOf(
  id: SlurmNumber,
  of: { array: SlurmNumber | undefined; task: SlurmNumber | undefined; tasks?: string | null | undefined },
): string {
  const [array, task] = [plainNumber(of.array), plainNumber(of.task)]
  // It is 0 for a job outside an array.
  if (!array) return String(plainNumber(id))
  if (of.tasks) return `${array}_[${of.tasks}]`
  return task === undefined ? String(plainNumber(id)) : `${array}_${task}`
}
