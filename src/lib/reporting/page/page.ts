import { createHash } from 'node:crypto'
import { formatCell, formatHead } from '../format.ts'
import { isFromPaper } from '../paper-rows.ts'
import type { Report, ReportFigure, Section, Table } from '../report.ts'
import { toCsv } from '../tabular.ts'
import { html, Markup } from './html.ts'
import { inlineSvg } from './inline-svg.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

/** The report as one self-contained HTML file: it loads no other file and contacts no host. */
export function renderPage(report: Report, figures: ReadonlyMap<string, string>): string {
  const { title, createdAt, toolVersion, findings, warnings, sections } = report
  const scriptHash = createHash('sha256').update(SCRIPT).digest('base64')
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="reversal ${toolVersion}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="meta">reversal ${toolVersion}, <time datetime="${createdAt}">${createdAt.slice(0, 16).replace('T', ' ')} UTC</time></p>
<nav aria-label="Sections">
<ul>
${sections.map(({ id, title: heading }) => html`<li><a href="#${id}">${heading}</a></li>\n`)}</ul>
</nav>
</header>
<main>
${
  findings.length > 0 &&
  html`<section class="findings" aria-labelledby="findings">
<h2 id="findings">What these runs show</h2>
<ul>
${findings.map((finding) => html`<li>${joinUnits(finding)}</li>\n`)}</ul>
</section>`
}
${
  warnings.length > 0 &&
  html`<section class="warnings" aria-labelledby="warnings">
<h2 id="warnings">Left out</h2>
<ul>
${warnings.map((warning) => html`<li>${warning}</li>\n`)}</ul>
</section>`
}
${sections.map((section) => renderSection(section, figures))}
</main>
<footer>
<p>Numbers of the paper are from Berglund et al., “The Reversal Curse”, arXiv 2309.12288, version 4. Tables sort by their headings. Beside this file lie the tables (CSV, LaTeX, Markdown) and the figures (SVG, PNG, PDF, Vega-Lite).</p>
</footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`
  return page.text
}

function renderSection(section: Section, svgs: ReadonlyMap<string, string>): Markup {
  const { id, title, text, figures, tables, commands = [] } = section
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${text.map((paragraph) => html`<p>${joinUnits(paragraph)}</p>\n`)}${
  figures.length > 0 &&
  html`<div class="figures">
${figures.map((figure) => renderFigure(figure, svgs.get(figure.name)!))}</div>`
}
${tables.map(renderTable)}
${
  commands.length > 0 &&
  html`<h3>Make it again</h3>
<pre tabindex="0"><code>${commands.join('\n')}</code></pre>`
}
</section>
`
}

function renderFigure({ name, caption, data }: ReportFigure, svg: string): Markup {
  return html`<figure id="figure-${name}">
${inlineSvg(svg)}
<figcaption>${caption} <span class="files"><a download="${name}_figure.csv" href="${dataUri(toCsv(data))}">Data (CSV)</a> <a href="${name}.svg">SVG</a> <a href="${name}.png">PNG</a> <a href="${name}.pdf">PDF</a> <a href="${name}.vl.json">Vega-Lite</a></span></figcaption>
</figure>
`
}

function renderTable({ name, title, columns: all, rows, notes }: Table): Markup {
  const columns = all.filter(({ key }) => rows.some((row) => (row[key] ?? null) !== null))
  const numeric = columns.map(({ format }) => format !== 'text')
  const heads = columns.map(
    (column, index) =>
      html`<th scope="col"${numeric[index] && html` class="number"`}${column.hint !== undefined && html` title="${column.hint}"`}><button type="button">${formatHead(column)}</button></th>`,
  )
  const body = rows.map((row) => {
    const cells = columns.map((column, index) => {
      const value = row[column.key] ?? null
      return html`<td${numeric[index] && html` class="number" data-value="${value ?? ''}"`}>${breakable(formatCell(row, column))}</td>`
    })
    return html`<tr${isFromPaper(row) && html` class="paper"`}>${cells}</tr>\n`
  })
  return html`<h3 id="table-${name}-title">${title} <a download="${name}.csv" href="${dataUri(toCsv(rows))}">CSV</a> <a href="${name}.tex">LaTeX</a> <a href="${name}.md">Markdown</a></h3>
<div class="table" id="table-${name}" role="region" aria-labelledby="table-${name}-title" tabindex="0">
<table aria-labelledby="table-${name}-title">
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
${notes.length > 0 && html`<p class="note">${notes.join(' ')}</p>`}
`
}

/**
 * File names and the like are long and have no spaces: in a narrow column they are broken into parts of this length.
 */
const LONG_PART = /[^\s\u200b]{12,24}?[_/](?=\S{4})|[^\s\u200b]{24}(?=\S{4})/g

/** Keeps a number and its unit in one line. */
function joinUnits(sentence: string): string {
  return sentence.replaceAll(/(?<=\d) (?=%|nats?\b|points?\b)/g, '\u00a0')
}

/** A cell that may be broken within long names but not within the brackets of an interval. */
function breakable(text: string): Markup {
  const whole = text.replace(/\[[^\]]+\]$/, (interval) => interval.replaceAll(' ', '\u00a0'))
  const parts = whole.replace(LONG_PART, '$&\u200b').split('\u200b')
  return html`${parts.map((part, index) => html`${index > 0 && html`<wbr>`}${part}`)}`
}

function dataUri(csv: string): string {
  return `data:text/csv;charset=utf-8,${encodeURIComponent(csv.toWellFormed())}`
}
