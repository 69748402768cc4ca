import { createRequire } from 'node:module'
import type { TopLevelSpec } from 'vega-lite'

export interface RenderedFigure {
  svg: string
  png: Uint8Array
}

/** Comes with the tool, so that figures look the same on a machine without fonts. */
const FONT = 'Inter'
const FONT_FILES = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf']
/** Pixels of the PNG for each unit of the figure. */
const SCALE = 2

/** The look of all figures. */
const CONFIG = {
  font: FONT,
  background: 'white',
  padding: 12,
  title: {
    anchor: 'start',
    fontSize: 15,
    fontWeight: 600,
    subtitleColor: '#555',
    subtitleFontSize: 11,
    offset: 14,
  },
  axis: {
    labelFontSize: 11,
    labelLimit: 240,
    titleFontSize: 11,
    titleFontWeight: 400,
    gridColor: '#e6e6e6',
    domainColor: '#999',
  },
  legend: { labelLimit: 0, labelFontSize: 11, titleFontSize: 11, titleFontWeight: 400 },
  header: { labelFontSize: 12, labelFontWeight: 600, title: null },
  view: { stroke: null },
} as const satisfies TopLevelSpec['config']

/** A Vega-Lite figure as SVG and as PNG. */
export async function renderFigure(spec: TopLevelSpec): Promise<RenderedFigure> {
  const [vegaLite, vega, { Resvg }] = await Promise.all([
    import('vega-lite'),
    import('vega'),
    import('@resvg/resvg-js'),
  ])
  const logger = vega.logger(vega.None)
  const { spec: compiled } = vegaLite.compile({ ...spec, config: { ...CONFIG, ...spec.config } }, { logger })
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger })
  const svg = await view.toSVG()
  view.finalize()
  const require = createRequire(import.meta.url)
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: SCALE },
    font: {
      loadSystemFonts: false,
      defaultFontFamily: FONT,
      fontFiles: FONT_FILES.map((file) => require.resolve(`@expo-google-fonts/inter/${file}`)),
    },
  })
  return { svg, png: image.render().asPng() }
}
