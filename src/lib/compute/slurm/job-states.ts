/** A row that Slurm prints about a job, or about tasks of an array. */
export interface SlurmRow {
  /** Such as `42`, `42_3` for a task of an array, or `42_[4-7%2]` for tasks that wait together. */
  number: string
  /** Such as `RUNNING`. */
  state: string
  /** Why it waits, if it does. */
  reason?: string | undefined
  /** The job's. */
  name?: string | undefined
}

const QUEUED = [
  'PENDING',
  'CONFIGURING',
  'REQUEUED',
  'REQUEUE_HOLD',
  'REQUEUE_FED',
  'SPECIAL_EXIT',
  'RESV_DEL_HOLD',
]
const RUNNING = ['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'STAGE_OUT', 'SIGNALING', 'RESIZING']

/** Ends that Slurm brings about. */
const REASONS: Record<string, string> = {
  TIMEOUT: 'its time was up',
  DEADLINE: 'its time was up',
  OUT_OF_MEMORY: 'its memory was full',
  NODE_FAIL: 'a machine of it failed',
  BOOT_FAIL: 'a machine of it did not start',
  PREEMPTED: 'another job took its place',
  CANCELLED: 'it was cancelled',
}

export function isQueued({ state }: SlurmRow): boolean {
  return QUEUED.includes(state)
}

export function isAlive(row: SlurmRow): boolean {
  return isQueued(row) || RUNNING.includes(row.state)
}

/** Undefined for an end that the job itself brought about. */
export function reasonOfEnd({ state }: SlurmRow): string | undefined {
  return REASONS[state]
}

/**
 * Newer versions print several states at once, such as `CANCELLED` and `COMPLETING`; one that means that the job is
 * alive wins.
 */
export function chooseState(words: readonly string[]): string {
  return words.find((state) => isAlive({ number: '', state })) ?? words[0] ?? 'UNKNOWN'
}

type Column = keyof SlurmRow

/** The `-o` format for squeue, which is the same in every version. */
export const QUEUE_FORMAT = '%i|%T|%r|%j'
export const QUEUE_COLUMNS: readonly Column[] = ['number', 'state', 'reason', 'name']
/** The `-o` format for sacct. */
export const ACCOUNT_FORMAT = 'JobID,State,JobName'
export const ACCOUNT_COLUMNS: readonly Column[] = ['number', 'state', 'name']

/** Parses lines of fields separated by |. sacct adds who cancelled a job after the state. */
export function parseRows(text: string, columns: readonly Column[] = QUEUE_COLUMNS): SlurmRow[] {
  return text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const fields = line.split('|')
      const field = (name: Column) => fields[columns.indexOf(name)] || undefined
      return describeRow({ number: field('number') ?? '', state: field('state') ?? '', ...known(field) })
    })
}

function known(field: (name: Column) => string | undefined): Pick<SlurmRow, 'reason' | 'name'> {
  return { reason: field('reason'), name: field('name') }
}

/** A row as a status, without fields that say nothing. */
export function describeRow({ number, state, reason, name }: SlurmRow): SlurmRow {
  return {
    number,
    state: state.split(' ')[0]!,
    ...(reason && reason !== 'None' && { reason }),
    ...(name && { name }),
  }
}

/** The names by which Slurm knows a job: its own, and that of its place in an array. */
export interface SlurmNames {
  name: string
  array?: { name: string; task: number } | undefined
}

/** Whether a row is about a job. */
export function isOf({ number, name }: SlurmRow, { name: own, array }: SlurmNames): boolean {
  const [, task, tasks] = /^\d+(?:_(?:(\d+)|\[(.*)\]))?$/.exec(number) ?? []
  if (task === undefined && tasks === undefined) return name === own
  if (array === undefined || name !== array.name) return false
  return task === undefined ? includesTask(tasks!, array.task) : Number(task) === array.task
}

/** Tasks as Slurm shortens them, such as `1,3,5-9:2%4`. */
function includesTask(tasks: string, task: number): boolean {
  return tasks
    .replace(/%\d+$/, '')
    .split(',')
    .some((part) => {
      const [, from, to = from, step = '1'] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(part) ?? []
      if (from === undefined) return false
      return task >= Number(from) && task <= Number(to) && (task - Number(from)) % Number(step) === 0
    })
}

/** The row that counts: that of a job that is alive, else the last one. */
export function chooseRow(rows: readonly SlurmRow[]): SlurmRow | undefined {
  return rows.find(isAlive) ?? rows.at(-1)
}
