import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InputError } from '../support/errors.ts'
import { exists, writeAtomic, writeDirectoryAtomic, writeJson } from '../support/files.ts'
import { requireFolderName } from '../support/folder-name.ts'
import { renderPage } from './page/page.ts'
import { saveFigure } from './render-figure.ts'
import type { Column, Report, Row } from './report.ts'
import { toCsv } from './tabular.ts'

export interface WrittenReport {
  report: Report
  /** Absolute. */
  directory: string
  /** The HTML file in it. */
  page: string
}

/** Where reports go, in the working directory. */
export const REPORTS_FOLDER = 'reports'

/**
 * Write a report as a whole: `report.html`, `tables.json`, a CSV file for each table, and each figure as SVG, PNG and
 * Vega-Lite specification. An earlier report of that name is replaced. Throws InputError NOT_A_REPORT where the
 * directory holds something else, too.
 */
export async function writeReport({
  report,
  directory,
  signal,
}: {
  report: Report
  /** Absolute. */
  directory: string
  /** Stops between two figures, and leaves an earlier report as it was. */
  signal?: AbortSignal | undefined
}): Promise<WrittenReport> {
  await refuseOther(directory)
  const figures = report.sections.flatMap((section) => section.figures)
  const tables = report.sections.flatMap((section) => section.tables)
  await writeDirectoryAtomic(directory, async (temporary) => {
    const svgs = new Map<string, string>()
    for (const { name, spec } of figures) {
      signal?.throwIfAborted()
      svgs.set(name, await saveFigure({ directory: temporary, name, spec }))
    }
    for (const { name, rows } of tables) await writeAtomic(join(temporary, `${name}.csv`), toCsv(rows))
    await writeJson(join(temporary, 'tables.json'), tablesJson(report))
    await writeAtomic(join(temporary, 'report.html'), renderPage(report, svgs))
  })
  return { report, directory, page: join(directory, 'report.html') }
}

/** The directory of a report. Throws InputError BAD_NAME for a name that is no plain folder name. */
export function reportDirectory({
  cwd,
  name,
  outputDir = join(REPORTS_FOLDER, name),
}: {
  cwd: string
  name: string
  outputDir?: string | undefined
}): string {
  requireFolderName(name)
  return resolve(cwd, outputDir)
}

/** What a report says in numbers, for programs: `tables.json`. */
export interface ReportTables {
  title: string
  created_at: string
  tool_version: string
  findings: string[]
  warnings: string[]
  /** By name. */
  tables: Record<string, { caption: string; columns: Column[]; rows: Row[]; notes: string[] }>
}

export function tablesJson({
  title,
  createdAt,
  toolVersion,
  findings,
  warnings,
  sections,
}: Report): ReportTables {
  const tables = sections.flatMap((section) =>
    section.tables.map(
      ({ name, title: caption, columns, rows, notes }) => [name, { caption, columns, rows, notes }] as const,
    ),
  )
  return {
    ...{ title, created_at: createdAt, tool_version: toolVersion, findings, warnings },
    tables: Object.fromEntries(tables),
  }
}

/** The files of a report; anything else in its directory is somebody's own. */
const OWN = /^(report\.html|tables\.json|.+\.(csv|svg|png|vl\.json))$/

/** Throws InputError NOT_A_REPORT where a directory holds something else than a report. */
export async function refuseOther(directory: string): Promise<void> {
  const names = (await exists(directory)) ? await readdir(directory) : []
  const foreign = names.find((name) => !OWN.test(name))
  if (foreign === undefined) return
  throw new InputError(
    `${directory} holds ${foreign}, which is no part of a report: nothing was written there.`,
    {
      code: 'NOT_A_REPORT',
      suggestions: ['choose another name: --name', 'or another place: --output-dir'],
    },
  )
}
