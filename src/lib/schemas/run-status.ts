/**
 * The statuses of runs. A hosted run is pending until the server has it, then queued, running or paused, and
 * interrupted if it never reached the server.
 */
export const RUN_STATUSES = [
  'pending',
  'queued',
  'running',
  'paused',
  'interrupted',
  'succeeded',
  'failed',
  'cancelled',
] as const

export type RunStatus = (typeof RUN_STATUSES)[number]

const WORDS: Readonly<Record<string, RunStatus>> = {
  ...Object.fromEntries(RUN_STATUSES.map((status) => [status, status])),
  validating_files: 'queued',
  pausing: 'paused',
}

/** The meaning of a server's word for a job's status. An unknown word counts as running. */
export function statusOfWord(word: string): RunStatus {
  return Object.hasOwn(WORDS, word) ? WORDS[word]! : 'running'
}

/** A stored record in today's form: earlier versions stored the server's word as the status. */
export function withOwnStatus<Stored>(record: Stored): Stored {
  const { status } = (record ?? {}) as { status?: unknown }
  if (typeof status !== 'string' || status === '' || RUN_STATUSES.some((own) => own === status)) return record
  return { ...record, status: statusOfWord(status), server_status: status }
}
