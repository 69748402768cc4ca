import type { FigureSpec } from './render-figure.ts'

/** A report as data: what the page, the terminal, `tables.json` and the CSV files are made from. */
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
  /** The findings of its tables, as sentences; the report begins with the findings of all sections. */
  findings?: string[]
  /** Command lines to show as they are. */
  commands?: string[]
}

export interface ReportFigure {
  /** Unique in the report; the name of its files. */
  name: string
  caption: string
  spec: FigureSpec
  /** What is drawn, a row for each mark. */
  data: Row[]
  /** The same for the terminal, where a few bars can say it. */
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

/** How a number is shown. Data stay as they are: shares from 0 to 1, log-probabilities in nats, times in seconds. */
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
  /** Keys of what stands beside the number: its standard deviation, and the ends of its interval. */
  deviation?: string
  interval?: readonly [low: string, high: string]
  /** What the column holds, where its heading cannot say it. */
  hint?: string
  /** Left out first where there is no room, as in a narrow terminal. */
  detail?: true
}

export interface Table {
  /** Unique in the report; the name of its CSV file. */
  name: string
  title: string
  columns: Column[]
  rows: Row[]
  /** What a reader must know to read it. */
  notes: string[]
}
