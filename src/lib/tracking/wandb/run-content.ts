import type { RunFile } from './run-file.ts'
import type { WandbTable } from './table.ts'
import type { Values } from './values.ts'

/** What is logged at one moment: a line of the history, whose values the summary shows until others come. */
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

/** A row that comes after all before, at a step of its own: the figures of an evaluation. */
export interface RecordRow extends LoggedRow {
  /** The same for the same content. */
  key: string
  /** Values for the summary alone. */
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
  /** Config values of the user's own, which stay above those of the run. */
  setConfig?: Values | undefined
  summary?: Values | undefined
  /** One row for each training step, in order. */
  steps?: readonly StepRow[] | undefined
  /** In the order in which they came about. */
  records?: readonly RecordRow[] | undefined
  files?: readonly RunFile[] | undefined
  /** How the run ended; absent while it goes on. */
  exitCode?: 0 | 1 | undefined
}
