import { formatCell, formatHead } from './format.ts'
import { isFromPaper } from './paper-rows.ts'
import type { Column, Row, Table } from './report.ts'

/** Text columns with longer cells become paragraph columns in LaTeX, which does not break others. */
const LONG = 40

/** The columns that fit a page: those that a narrow terminal shows, unless they are empty. */
function columnsOf({ columns, rows }: Table): Column[] {
  return columns.filter(
    ({ key, detail }) => detail === undefined && rows.some((row) => (row[key] ?? null) !== null),
  )
}

/** A table for LaTeX with the package booktabs: a float with caption, label and notes; the paper’s rows come last. */
export function toLatex(table: Table): string {
  const columns = columnsOf(table)
  const rowsOf = (rows: readonly Row[]) =>
    rows.map((row) => `    ${columns.map((column) => escapeLatex(formatCell(row, column))).join(' & ')} \\\\`)
  const parts = [
    table.rows.filter((row) => !isFromPaper(row)),
    table.rows.filter((row) => isFromPaper(row)),
  ].filter((rows) => rows.length > 0)
  const layout = columns.map((column) => {
    if (column.format !== 'text') return 'r'
    return table.rows.some((row) => formatCell(row, column).length > LONG) ? 'p{5cm}' : 'l'
  })
  return [
    '% Needs \\usepackage{booktabs}.',
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escapeLatex(capital(table.title))}.}`,
    `  \\label{tab:${table.name}}`,
    `  \\begin{tabular}{@{}${layout.join('')}@{}}`,
    '    \\toprule',
    `    ${columns.map((column) => escapeLatex(formatHead(column))).join(' & ')} \\\\`,
    '    \\midrule',
    ...parts.flatMap((rows, index) => [...(index > 0 ? ['    \\midrule'] : []), ...rowsOf(rows)]),
    '    \\bottomrule',
    '  \\end{tabular}',
    ...(table.notes.length > 0
      ? ['', '  \\medskip', `  \\parbox{\\linewidth}{\\footnotesize ${escapeLatex(table.notes.join(' '))}}`]
      : []),
    '\\end{table}',
    '',
  ].join('\n')
}

/** A table as GitHub and most other readers of Markdown take it, with its title above and its notes below. */
export function toMarkdown(table: Table): string {
  const columns = columnsOf(table)
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `**${escapeMarkdown(capital(table.title))}**`,
    '',
    line(columns.map((column) => escapeMarkdown(formatHead(column)))),
    line(columns.map(({ format }) => (format === 'text' ? '---' : '---:'))),
    ...table.rows.map((row) => line(columns.map((column) => escapeMarkdown(formatCell(row, column))))),
    ...(table.notes.length > 0 ? ['', escapeMarkdown(table.notes.join(' '))] : []),
    '',
  ].join('\n')
}

const LATEX: Readonly<Record<string, string>> = {
  ...{ '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}' },
  ...{ '<': '\\textless{}', '>': '\\textgreater{}', '|': '\\textbar{}', '"': '\\textquotedbl{}' },
  ...{ '−': '$-$', '±': '$\\pm$', '×': '$\\times$', '≥': '$\\ge$', '≤': '$\\le$', ⁿ: '$^n$' },
  ...{ '“': '``', '”': "''", '‘': '`', '’': "'", '–': '--', '—': '---', '…': '\\dots{}', '\u00a0': '~' },
}

/** A text in one line; letters with accents stay, as LaTeX has long read UTF-8. */
export function escapeLatex(text: string): string {
  return text
    .replace(/\s*[\n\r]\s*/g, ' ')
    .replace(/[\\~^<>|"−±×≥≤ⁿ“”‘’–—…\u00a0]|[&%$#_{}]/g, (sign) => LATEX[sign] ?? `\\${sign}`)
    .replace(/\p{C}/gu, '\ufffd')
}

/** A text in one line, escaped so that Markdown does not read it as markup. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s*[\n\r]\s*/g, ' ').replace(/[\\`*_|<~]|\[(?=[^\]]*\]\()/g, '\\$&')
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
