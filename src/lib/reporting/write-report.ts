import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InputError } from '../support/errors.ts'
import { exists, writeAtomic, writeDirectoryAtomic, writeJson } from '../support/files.ts'
import { requireFolderName } from '../support/folder-name.ts'
import { renderPage } from './page/page.ts'
import { toLatex, toMarkdown } from './paper-tables.ts'
import type { FigureLook } from './render-figure.ts'
import { renderSvg, saveFigure } from './render-figure.ts'
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
 * Writes a report, completely or not at all: `report.html`, `tables.json`, each table as CSV, LaTeX and Markdown, and
 * each figure as SVG, PNG, PDF and Vega-Lite specification. `look` applies to the figures' files, not to the page. An
 * earlier report of that name is replaced. Throws InputError NOT_A_REPORT if the directory holds anything else.
 */
export async function writeReport({
  report,
  directory,
  look,
  signal,
}: {
  report: Report
  /** Absolute. */
  directory: string
  look?: FigureLook | undefined
  /** Stops between two figures; an earlier report stays unchanged. */
  signal?: AbortSignal | undefined
}): Promise<WrittenReport> {
  await refuseOther(directory)
  const figures = report.sections.flatMap((section) => section.figures)
  const tables = report.sections.flatMap((section) => section.tables)
  await writeDirectoryAtomic(directory, async (temporary) => {
    const svgs = new Map<string, string>()
    for (const { name, spec } of figures) {
      signal?.throwIfAborted()
      const svg = await saveFigure({ directory: temporary, name, spec, look })
      svgs.set(name, look === undefined ? svg : await renderSvg(spec))
    }
    for (const table of tables) {
      const path = join(temporary, table.name)
      await writeAtomic(`${path}.csv`, toCsv(table.rows))
      await writeAtomic(`${path}.tex`, toLatex(table))
      await writeAtomic(`${path}.md`, toMarkdown(table))
    }
    await writeJson(join(temporary, 'tables.json'), tablesJson(report))
    await writeAtomic(join(temporary, 'report.html'), renderPage(report, svgs))
  })
  return { report, directory, page: join(directory, 'report.html') }
}

/** The directory of a report. Throws InputError BAD_NAME unless the name is a plain folder name. */
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

/** The numbers of a report, for programs: `tables.json`. */
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

/** The files of a report; anything else in its directory is the user's. */
const OWN = /^(report\.html|tables\.json|.+\.(csv|svg|png|vl\.json))$/
/**
 * Files of these types belong to the report if the file of the second type exists with the same name; another may be
 * the user's paper or notes.
 */
const BESIDE: Readonly<Record<string, string>> = { tex: 'csv', md: 'csv', pdf: 'svg' }

function isOwn(name: string, names: readonly string[]): boolean {
  const [, stem, ending] = /^(.+)\.(tex|md|pdf)$/.exec(name) ?? []
  return ending === undefined ? OWN.test(name) : names.includes(`${stem}.${BESIDE[ending]}`)
}

/** Throws InputError NOT_A_REPORT if a directory holds anything but a report. */
export async function refuseOther(directory: string): Promise<void> {
  const names = (await exists(directory)) ? await readdir(directory) : []
  const foreign = names.find((name) => !isOwn(name, names))
  if (foreign === undefined) return
  throw new InputError(
    `${directory} holds ${foreign}, which is not part of a report: nothing was written there.`,
    {
      code: 'NOT_A_REPORT',
      suggestions: ['use another name: --name', 'or another directory: --output-dir'],
    },
  )
}
