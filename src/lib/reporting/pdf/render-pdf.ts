import { ownFont } from '../font.ts'
import { drawOutlines } from './draw-outlines.ts'
import { writePdf } from './write-pdf.ts'

/**
 * Draws an SVG as a PDF of one page, with its texts as outlines, so that it needs no font and looks the same
 * everywhere. The page has the size of the SVG, a pixel being 1/96 of an inch.
 */
export async function renderPdf(svg: string, { title }: { title: string }): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js')
  // Without its unit, an SVG in millimetres is laid out in pixels, from which the page is scaled.
  const { head, points } = pageOf(svg)
  const outlines = new Resvg(svg.replace(/^<svg [^>]*>/, head), { font: ownFont() }).toString()
  return writePdf({ ...points, title, ...drawOutlines(outlines, points) })
}

const POINTS = { px: 72 / 96, mm: 72 / 25.4 } as const

function pageOf(svg: string) {
  const [head = ''] = /^<svg [^>]*>/.exec(svg) ?? []
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(head) ?? []
  const [, long, unit] = / width="([\d.]+)(mm)?"/.exec(head) ?? []
  const scale = (Number(long) * (unit === 'mm' ? POINTS.mm : POINTS.px)) / Number(width)
  return {
    head: head.replace(/ width="[^"]*" height="[^"]*"/, ` width="${width}" height="${height}"`),
    points: { width: Number(width) * scale, height: Number(height) * scale, scale },
  }
}
