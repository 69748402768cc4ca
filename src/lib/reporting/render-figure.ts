import { join } from 'node:path'
import type { TopLevelSpec } from 'vega-lite'
import { escapeMarkup, replaceUnfit } from '../support/escape-markup.ts'
import { writeAtomic, writeJson } from '../support/files.ts'
import { formatNumber } from '../support/numbers.ts'
import type { TextMetrics } from './font.ts'
import { measureText, ownFont } from './font.ts'
import { renderPdf } from './pdf/render-pdf.ts'
import { FIGURE_CONFIG } from './theme.ts'

/** A Vega-Lite specification with its data, and a description for readers who cannot see it. */
export type FigureSpec = TopLevelSpec & { description: string }

/** Pixels of a PNG to each of the SVG's. */
const PIXEL_RATIO = 3

/** How figures look in files for papers. */
export interface FigureLook {
  /** Whether a figure contains its title; papers have it in their caption. */
  title?: boolean | undefined
  /** In millimetres, such as the width of a column. */
  width?: number | undefined
}

/** Pixels to a millimetre: in CSS an inch has 96. */
const PER_MM = 96 / 25.4
/** Width between the axes, unless a figure sets its own steps. */
const PLOT_WIDTH = FIGURE_CONFIG.view!.continuousWidth as number
/** The minimum width; narrower figures are scaled down, letters included. */
const LEAST_PLOT_WIDTH = 90

/** Draws a specification as SVG, in the tool's own look unless it sets another. */
export async function renderSvg(spec: FigureSpec): Promise<string> {
  return draw(withLook(spec, PLOT_WIDTH))
}

/** A specification with the tool's own look in it. */
function withLook(spec: FigureSpec, continuousWidth: number): FigureSpec {
  const { view, ...config } = { ...FIGURE_CONFIG, ...spec.config }
  return { ...spec, config: { ...config, view: { ...view, continuousWidth } } }
}

async function draw(spec: FigureSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([loadVega(), import('vega-lite')])
  // Warnings of Vega are for its developers; a specification that it cannot draw throws.
  const logger = vega.logger(vega.Error)
  const compiled = compile(spec, { logger })
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', logger })
  try {
    const svg = await widen(replaceUnfit(await view.toSVG()))
    return svg.replace('<svg ', `<svg role="img" aria-label="${escapeMarkup(spec.description)}" `)
  } finally {
    view.finalize()
  }
}

/** Vega makes no room for the heading of a panel that is longer than the panel is wide. */
async function widen(svg: string): Promise<string> {
  const { Resvg } = await import('@resvg/resvg-js')
  const { x = 0, width: drawn = 0 } = new Resvg(svg, { font: ownFont() }).getBBox() ?? {}
  const { width, height } = sizeOf(svg)
  if (x + drawn <= width) return svg
  const wide = Math.ceil(x + drawn) + Number(FIGURE_CONFIG.padding)
  return svg
    .replace(` width="${width}"`, ` width="${wide}"`)
    .replace(`viewBox="0 0 ${width} ${height}"`, `viewBox="0 0 ${wide} ${height}"`)
    .replace(`<rect width="${width}"`, `<rect width="${wide}"`)
}

/**
 * Draws a figure at a given width, with letters of their usual size: the area between the axes shrinks. Only a figure
 * that is still too wide, such as a heat map with its cells, is scaled as a whole.
 */
async function fit(spec: FigureSpec, millimetres: number): Promise<{ spec: FigureSpec; svg: string }> {
  const pixels = millimetres * PER_MM
  const usual = await renderSvg(spec)
  const plot = Math.max(LEAST_PLOT_WIDTH, Math.round(PLOT_WIDTH + pixels - sizeOf(usual).width))
  const fitted = withLook(spec, plot)
  const svg = await draw(fitted)
  const { width, height } = sizeOf(svg)
  const high = formatNumber((millimetres * height) / width)
  return {
    spec: fitted,
    svg: svg.replace(/ width="[^"]*" height="[^"]*"/, ` width="${millimetres}mm" height="${high}mm"`),
  }
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  return { width: Number(width), height: Number(height) }
}

/** Draws an SVG as PNG. It looks the same on every machine: the font ships with the tool. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js')
  const image = new Resvg(svg, { fitTo: { mode: 'zoom', value: PIXEL_RATIO }, font: ownFont() })
  return image.render().asPng()
}

/**
 * Writes a figure into a directory as NAME.vl.json (its specification), NAME.svg, NAME.png and NAME.pdf; returns the
 * SVG.
 */
export async function saveFigure({
  directory,
  name,
  spec: given,
  look: { title = true, width } = {},
}: {
  directory: string
  /** A file name without its ending, such as `figure4`. */
  name: string
  spec: FigureSpec
  look?: FigureLook | undefined
}): Promise<string> {
  const { title: _, ...untitled } = given
  const asked = title ? given : (untitled as FigureSpec)
  const { spec, svg } =
    width === undefined
      ? { spec: withLook(asked, PLOT_WIDTH), svg: await renderSvg(asked) }
      : await fit(asked, width)
  const path = join(directory, name)
  await writeJson(`${path}.vl.json`, spec)
  await writeAtomic(`${path}.svg`, `${svg}\n`)
  await writeAtomic(`${path}.png`, await renderPng(svg))
  await writeAtomic(`${path}.pdf`, await renderPdf(svg, { title: titleOf(given) }))
  return svg
}

/** For a reader's window bar. */
function titleOf({ title, description }: FigureSpec): string {
  const text = typeof title === 'object' && title !== null && 'text' in title ? title.text : title
  return typeof text === 'string' ? text : description
}

let loading: Promise<typeof import('vega')> | undefined

/** Vega costs 150 ms to load; its one set of text metrics is ours from then on. */
function loadVega(): Promise<typeof import('vega')> {
  loading ??= import('vega').then(async (vega) => {
    await measureText((vega as unknown as { textMetrics: TextMetrics }).textMetrics)
    return vega
  })
  return loading
}
