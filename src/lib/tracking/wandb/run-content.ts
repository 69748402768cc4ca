import type { RunFile } from './run-file.ts'
import type { WandbTable } from './table.ts'
import type { Values } from './values.ts'

/** One line of the history; the summary shows its values until newer ones arrive. */
export interface LoggedRow {
  /** Seconds since 1970. */
  timestamp: number
  /** Seconds since the run began. */
  runtime: number
  /** Metrics by name. */
  metrics: Values
  /** Tables by name. */
  tables?: Readonly<Record<string, WandbTable>> | undefined
}

/** A row of a training step. */
export interface StepRow extends LoggedRow {
  step: number
}

/** A row after all previous ones, at its own step: the figures of an evaluation. */
export interface RecordRow extends LoggedRow {
  /** The same for the same content. */
  key: string
  /** Values for the summary only. */
  summary: Values
}

/** The target content of a W&B run. Absent fields are left unchanged there. */
export interface RunContent {
  /** The run's ID on both sides. */
  name: string
  /** A run without it is not made, only added to. */
  displayName?: string | undefined
  jobType?: string | undefined
  notes?: string | undefined
  /** Tags that the run has on this machine. */
  tags?: readonly string[] | undefined
  /** Changes of tags, whatever those on this machine are. */
  tagChange?: { add?: readonly string[]; remove?: readonly string[] } | undefined
  config?: Values | undefined
  /** Config values set by the user, which override those of the run. */
  setConfig?: Values | undefined
  summary?: Values | undefined
  /** One row for each training step, in order. */
  steps?: readonly StepRow[] | undefined
  /** In chronological order. */
  records?: readonly RecordRow[] | undefined
  files?: readonly RunFile[] | undefined
  /** How the run ended; absent while it is in progress. */
  exitCode?: 0 | 1 | undefined
}
