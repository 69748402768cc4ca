import { join } from 'node:path'
import { readCelebrityResults } from '../datasets/celebrities/celebrity-results.ts'
import type { DirectionAccuracy, DirectionComparison } from '../evaluation/celebrities/compare-directions.ts'
import { compareDirections } from '../evaluation/celebrities/compare-directions.ts'
import type { Interval } from '../statistics/measurements.ts'
import { formatCsv } from '../support/csv.ts'
import { writeAtomic } from '../support/files.ts'
import { celebritiesFigure } from './celebrities-figure.ts'
import { toLatex, toMarkdown } from './paper-tables.ts'
import type { FigureLook } from './render-figure.ts'
import { saveFigure } from './render-figure.ts'
import { celebritiesSection } from './sections/figure5.ts'

export interface ReportCelebritiesOptions {
  /** Files of results or of found pairs, ours or published ones. */
  files: readonly string[]
  /** Absolute; gets the figure as SVG, PNG, PDF and Vega-Lite specification, and the table as CSV, LaTeX and Markdown. */
  directory: string
  look?: FigureLook | undefined
}

export interface CelebritiesReport {
  comparisons: (DirectionComparison & { file: string })[]
  /** The written files. */
  files: Record<'svg' | 'png' | 'pdf' | 'spec' | 'csv' | 'tex' | 'md', string>
}

/** Compares the directions in files of results, draws the figure and writes the table. Throws InputError BAD_CSV. */
export async function reportCelebrities({
  files,
  directory,
  look,
}: ReportCelebritiesOptions): Promise<CelebritiesReport> {
  const results = await Promise.all(files.map((file) => readCelebrityResults(file)))
  const comparisons = results.map((result, index) => ({ file: files[index]!, ...compareDirections(result) }))
  const name = 'celebrities'
  await saveFigure({ directory, name, spec: celebritiesFigure(comparisons).spec, look })
  const path = join(directory, name)
  const written = {
    ...{ svg: `${path}.svg`, png: `${path}.png`, pdf: `${path}.pdf` },
    ...{ spec: `${path}.vl.json`, csv: `${path}.csv`, tex: `${path}.tex`, md: `${path}.md` },
  }
  await writeAtomic(written.csv, await formatCsv(COLUMNS, comparisons.flatMap(tableRows)))
  const [table] = celebritiesSection(comparisons)!.tables
  await writeAtomic(written.tex, toLatex(table!))
  await writeAtomic(written.md, toMarkdown(table!))
  return { comparisons, files: written }
}

const COLUMNS = [
  ...['model', 'measure', 'parents', 'pairs'],
  ...['parent', 'parent_low', 'parent_high', 'child', 'child_low', 'child_high'],
  ...['difference', 'difference_low', 'difference_high', 't', 'p'],
]

function tableRows(comparison: DirectionComparison): string[][] {
  const { model, measure, byParentType } = comparison
  const parts: [string, DirectionAccuracy][] = [['all', comparison], ...Object.entries(byParentType)]
  return parts.map(([parents, { pairs, parent, child, difference }]) => [
    ...[model, measure, parents, String(pairs)],
    ...[parent, child, difference].flatMap(intervalFields),
    ...[difference?.t, difference?.p].map(field),
  ])
}

function intervalFields(interval: Interval | null): string[] {
  return [interval?.estimate, interval?.low, interval?.high].map(field)
}

function field(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}
