import type { Config } from 'vega-lite'

/**
 * Colours by purpose, for light and dark pages. Series also differ in lightness, for readers who cannot distinguish
 * hues.
 */
export const PALETTE = {
  surface: { light: '#ffffff', dark: '#15181c' },
  ink: { light: '#1c2127', dark: '#e7eaee' },
  muted: { light: '#59626d', dark: '#a7b0bb' },
  rule: { light: '#d8dde3', dark: '#343b44' },
  /** The direction of training; correct names. */
  same: { light: '#0b5cad', dark: '#6db3ff' },
  /** The reverse direction; incorrect names. */
  reverse: { light: '#d9730d', dark: '#ffab5e' },
  paper: { light: '#8b95a1', dark: '#8b95a2' },
  third: { light: '#1f7a4d', dark: '#63cf97' },
  fourth: { light: '#7b4bb3', dark: '#c3a1f2' },
  fifth: { light: '#b3264b', dark: '#ff8ba8' },
} as const

export type Colour = keyof typeof PALETTE

/** A colour for specifications: that of the light page, which `inlineSvg` adapts to the reader's page. */
export function colour(name: Colour): string {
  return PALETTE[name].light
}

/** For series without their own colour. */
export const SERIES: readonly string[] = (
  ['same', 'reverse', 'third', 'fourth', 'fifth', 'paper'] as const
).map(colour)

/** The font that ships with the tool; viewers without it use their own. */
export const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"

export const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json'

/** How all figures look: thin rules, text of 11 to 13 points, one column of a page wide. */
export const FIGURE_CONFIG: Config = {
  aria: false,
  background: colour('surface'),
  font: FONT,
  padding: 8,
  view: { stroke: null, continuousWidth: 330, continuousHeight: 220 },
  title: {
    anchor: 'start',
    frame: 'group',
    color: colour('ink'),
    fontSize: 14,
    fontWeight: 600,
    offset: 12,
    subtitleColor: colour('muted'),
    subtitleFontSize: 12,
    subtitlePadding: 5,
  },
  axis: {
    domainColor: colour('muted'),
    gridColor: colour('rule'),
    tickColor: colour('muted'),
    tickSize: 4,
    labelColor: colour('ink'),
    labelFontSize: 12,
    labelFlush: false,
    labelLimit: 170,
    labelOverlap: 'greedy',
    labelSeparation: 6,
    titleColor: colour('muted'),
    titleFontSize: 12,
    titleFontWeight: 400,
    titlePadding: 8,
  },
  legend: {
    orient: 'top',
    title: null,
    labelColor: colour('ink'),
    labelFontSize: 12,
    labelLimit: 260,
    symbolSize: 90,
    columnPadding: 16,
    offset: 12,
  },
  header: { labelColor: colour('ink'), labelFontSize: 12, labelFontWeight: 600, titleColor: colour('muted') },
  point: { filled: true, opacity: 1, size: 60 },
  line: { strokeWidth: 1.5 },
  range: { category: [...SERIES] },
  text: { color: colour('ink'), fontSize: 12 },
}

/** Labels of an axis of shares: "20 %". */
export const PERCENT_LABELS = { labelExpr: "format(100 * datum.value, '.0f') + ' %'" }
/** Labels of any other axis: "−30" instead of Vega's default "−3e+1". */
export const DECIMAL_LABELS = { format: 'f' }
