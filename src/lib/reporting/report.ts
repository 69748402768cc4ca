import type { FigureSpec } from './render-figure.ts'

/** A report as data, from which the page, the terminal output, `tables.json` and the CSV files are made. */
export interface Report {
  title: string
  /** A folder name, such as `eval`. */
  name: string
  createdAt: string
  toolVersion: string
  /** The findings, as sentences. */
  findings: string[]
  /** What could not be used, and why. */
  warnings: string[]
  sections: Section[]
}

export interface Section {
  /** Unique in the report; the anchor of its heading. */
  id: string
  title: string
  /** Paragraphs: what is shown and how it was measured. */
  text: string[]
  figures: ReportFigure[]
  tables: Table[]
  /** The findings of its tables, as sentences; the report starts with the findings of all sections. */
  findings?: string[]
  /** Command lines to show unchanged. */
  commands?: string[]
}

export interface ReportFigure {
  /** Unique in the report; the name of its files. */
  name: string
  caption: string
  spec: FigureSpec
  /** Its data, one row per mark. */
  data: Row[]
  /** The same for the terminal, if a few bars are enough. */
  bars?: Bar[]
}

/** A line of a chart of text. */
export interface Bar {
  label: string
  /** Share of the full length, 0 to 1. */
  share: number
  text: string
}

export type Cell = string | number | null
export type Row = Readonly<Record<string, Cell>>

/** How a number is shown. Data are not converted: shares from 0 to 1, log-probabilities in nats, times in seconds. */
export type Format =
  | 'text'
  | 'count'
  | 'percent'
  | 'points'
  | 'nats'
  | 'ratio'
  | 'p'
  | 'number'
  | 'duration'
  | 'usd'

export interface Column {
  key: string
  head: string
  format: Format
  /** Keys of the values next to the number: its standard deviation, and the ends of its interval. */
  deviation?: string
  interval?: readonly [low: string, high: string]
  /** Explains the column if its heading is not enough. */
  hint?: string
  /** Left out first if there is no room, as in a narrow terminal. */
  detail?: true
}

export interface Table {
  /** Unique in the report; the name of its CSV file. */
  name: string
  title: string
  columns: Column[]
  rows: Row[]
  /** What a reader must know to understand it. */
  notes: string[]
}
