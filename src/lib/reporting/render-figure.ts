import { join } from 'node:path'
import type { TopLevelSpec } from 'vega-lite'
import { escapeMarkup, replaceUnfit } from '../support/escape-markup.ts'
import { writeAtomic, writeJson } from '../support/files.ts'
import type { TextMetrics } from './font.ts'
import { measureText, ownFont } from './font.ts'
import { FIGURE_CONFIG } from './theme.ts'

/** A Vega-Lite specification with its data in it, and a text that says what it shows to those who do not see it. */
export type FigureSpec = TopLevelSpec & { description: string }

/** Pixels of a PNG to each of the SVG's. */
const PIXEL_RATIO = 3

/** Draw a specification as SVG, in the tool's own look where it says nothing else. */
export async function renderSvg(spec: FigureSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([loadVega(), import('vega-lite')])
  // Warnings of Vega are for its developers; a specification that it cannot draw throws.
  const logger = vega.logger(vega.Error)
  const compiled = compile(spec, { config: FIGURE_CONFIG, logger })
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', logger })
  try {
    const svg = replaceUnfit(await view.toSVG())
    return svg.replace('<svg ', `<svg role="img" aria-label="${escapeMarkup(spec.description)}" `)
  } finally {
    view.finalize()
  }
}

/** Draw an SVG as PNG. It looks the same on every machine: the font ships with the tool. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js')
  const image = new Resvg(svg, { fitTo: { mode: 'zoom', value: PIXEL_RATIO }, font: ownFont() })
  return image.render().asPng()
}

/** Write a figure into a directory as NAME.vl.json (its specification), NAME.svg and NAME.png; gives back the SVG. */
export async function saveFigure({
  directory,
  name,
  spec,
}: {
  directory: string
  /** A file name without its ending, such as `figure4`. */
  name: string
  spec: FigureSpec
}): Promise<string> {
  const svg = await renderSvg(spec)
  const path = join(directory, name)
  await writeJson(`${path}.vl.json`, { ...spec, config: { ...FIGURE_CONFIG, ...spec.config } })
  await writeAtomic(`${path}.svg`, `${svg}\n`)
  await writeAtomic(`${path}.png`, await renderPng(svg))
  return svg
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
