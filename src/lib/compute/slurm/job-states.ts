/** A line of `squeue -o '%i|%T|%r|%k'` or of `sacct`, which say the same in every version. */
export interface SlurmRow {
  /** Slurm's number of the job. */
  number: string
  /** Such as `RUNNING`. */
  state: string
  /** Why it waits, where it does. */
  reason?: string | undefined
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

/** Lines of fields with a | between them. sacct says who cancelled a job behind the word. */
export function parseRows(text: string): SlurmRow[] {
  return text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [number = '', state = '', reason] = line.split('|')
      return { number, state: state.split(' ')[0]!, ...(reason && reason !== 'None' && { reason }) }
    })
}

/** The row that counts: one that lives, else the last. */
export function chooseRow(rows: readonly SlurmRow[]): SlurmRow | undefined {
  return rows.find(isAlive) ?? rows.at(-1)
}
