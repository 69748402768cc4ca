import { PALETTE } from '../theme.ts'
import { Markup } from './html.ts'

const VARIABLES = new Map(Object.entries(PALETTE).map(([name, { light }]) => [light, `var(--${name})`]))

/** Figures are drawn for the width of a phone; on wider screens they are enlarged by this factor. */
const SCALE = 1.25

/** Extra room for labels on the left, which are wider than planned if the reader does not have the tool's font. */
const LEFT = 14

/** A drawn figure as part of a page: colours of the palette follow the page, light or dark, and so does its size. */
export function inlineSvg(svg: string): Markup {
  const [head = ''] = /^<svg [^>]*>/.exec(svg) ?? []
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(head) ?? []
  const wide = Number(width) + LEFT
  const scalable = head
    .replace(/ (?:width|height|version|viewBox|xmlns(?::xlink)?|class)="[^"]*"/g, '')
    .replace(
      '<svg',
      `<svg width="${wide * SCALE}" height="${Number(height) * SCALE}" viewBox="${-LEFT} 0 ${wide} ${height}" preserveAspectRatio="xMinYMin"`,
    )
  const body = svg
    .slice(head.length)
    .replace(/"(#[0-9a-f]{6})"/g, (whole, hex) => (VARIABLES.has(hex) ? `"${VARIABLES.get(hex)}"` : whole))
  return new Markup(scalable + body)
}
