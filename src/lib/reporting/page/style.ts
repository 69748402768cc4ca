import type { Colour } from '../theme.ts'
import { FONT, PALETTE } from '../theme.ts'

function variables(mode: 'light' | 'dark'): string {
  return (Object.keys(PALETTE) as Colour[]).map((name) => `--${name}: ${PALETTE[name][mode]};`).join(' ')
}

/**
 * For paper of any size: nothing scrolls, so tables wrap; a heading stays with the following text, and a figure is as
 * large as fits on one page with its caption. Browsers repeat a table's head on the next page only if it contains no
 * button.
 */
const PRINT = `@media print {
@page { margin: 14mm 13mm; }
:root { color-scheme: light; ${variables('light')} }
body { font-size: 10pt; line-height: 1.45; }
header, main, footer { max-width: none; padding: 0; }
nav, .files, h3 a { display: none; }
h1, h2, h3, thead { break-after: avoid; }
p, li, h1, h2, h3, figure, thead, tr, footer { break-inside: avoid; }
p, li { max-width: none; }
section { margin: 7mm 0 0; padding-top: 5mm; }
.figures { display: block; }
figure { margin: 4mm 0; }
figure svg { zoom: .8; max-height: 250mm; }
figcaption { max-width: none; break-before: avoid; }
.meta, .note, figcaption, footer { font-size: 8.5pt; }
.table { max-height: none; overflow: visible; border: 0; }
table { font-size: 7pt; line-height: 1.35; }
th, td { padding: .8mm 1mm; white-space: normal; }
th, td:first-child, th:first-child { position: static; }
th button { display: contents; }
tbody tr:nth-child(2), tbody tr:last-child, .note { break-before: avoid; }
pre { overflow: visible; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8pt; }
}
`

export const STYLE = `
:root { color-scheme: light dark; ${variables('light')} }
@media (prefers-color-scheme: dark) { :root { ${variables('dark')} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--surface); color: var(--ink); font: 16px/1.55 ${FONT}; overflow-wrap: break-word; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 0 0 .5rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.75rem 0 .5rem; font-size: .95rem; line-height: 1.4; }
h3 a { font-weight: 400; margin-left: .35rem; }
p, li { max-width: 46rem; }
a { color: var(--same); }
.meta, .note, figcaption, footer { color: var(--muted); font-size: .875rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
section { margin: 2rem 0; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
.findings { border: 1px solid var(--rule); border-left: 4px solid var(--same); border-radius: 4px; padding: 1rem 1.25rem; }
.warnings { border: 1px solid var(--rule); border-left: 4px solid var(--reverse); border-radius: 4px; padding: 1rem 1.25rem; }
.findings ul, .warnings ul { margin: 0; padding-left: 1.2rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
figure { margin: 1rem 0; min-width: 0; max-width: 100%; }
figure svg { display: block; max-width: 100%; height: auto; overflow: visible; }
figcaption { max-width: 30rem; margin-top: .25rem; }
.files { white-space: nowrap; }
.files a { margin-left: .35rem; }
.table { margin: 0 0 .5rem; overflow-x: auto; max-height: 48rem; overflow-y: auto; border: 1px solid var(--rule); border-radius: 4px; }
.table:focus-visible, pre:focus-visible { outline: 2px solid var(--same); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .8125rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; white-space: nowrap; border-bottom: 1px solid var(--rule); }
tbody tr:last-child td { border-bottom: 0; }
th { position: sticky; top: 0; background: var(--surface); box-shadow: inset 0 -1px var(--rule); vertical-align: bottom; }
td:first-child, th:first-child { position: sticky; left: 0; background: var(--surface); }
th:first-child { z-index: 1; }
th.number, td.number { text-align: right; }
th button { all: unset; cursor: pointer; color: var(--muted); font-weight: 600; }
th button:hover { color: var(--ink); }
th button:focus-visible { outline: 2px solid var(--same); outline-offset: 2px; }
th[title] button { text-decoration: underline dotted; text-underline-offset: 3px; }
th[aria-sort='descending'] button::after { content: ' ↓'; content: ' ↓' / ''; }
th[aria-sort='ascending'] button::after { content: ' ↑'; content: ' ↑' / ''; }
tr.paper td { color: var(--muted); font-style: italic; }
pre { overflow-x: auto; padding: .75rem 1rem; border: 1px solid var(--rule); border-radius: 4px; font-size: .8125rem; line-height: 1.6; }
footer { margin: 3rem auto 2rem; }
@media (max-width: 30rem) { body { font-size: 15px; } header { padding-top: 1rem; } h1 { font-size: 1.4rem; } .files { white-space: normal; } }
${PRINT}`
