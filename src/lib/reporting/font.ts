import { fileURLToPath } from 'node:url'
import { escapeMarkup } from '../support/escape-markup.ts'

const FILES = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf']

/** Only the font that ships with the tool, so that pictures are the same on a machine without fonts. */
export function ownFont() {
  const fontFiles = FILES.map((file) =>
    fileURLToPath(import.meta.resolve(`@expo-google-fonts/inter/${file}`)),
  )
  return { loadSystemFonts: false, fontFiles, defaultFontFamily: 'Inter' }
}

/** The part of Vega's `textMetrics` that it leaves to others, and of its text items that decide a width. */
export interface TextMetrics {
  width: (item: { fontSize?: number; fontWeight?: string | number; limit?: number }, text: unknown) => number
}

/** Font size at which texts are measured; widths grow with it. */
const MEASURED_SIZE = 100

/**
 * Lets Vega lay out texts by their true width. Without a canvas it assumes 0.8 of the font size for every letter, which
 * puts titles and legends far from where they belong.
 */
export async function measureText(metrics: TextMetrics): Promise<void> {
  const { Resvg } = await import('@resvg/resvg-js')
  const font = ownFont()
  const widths = new Map<string, number>()
  const measure = (text: string, weight: string) => {
    const attributes = `font-family="Inter" font-size="${MEASURED_SIZE}" font-weight="${weight}"`
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><text ${attributes}>${escapeMarkup(text)}</text></svg>`
    return (new Resvg(svg, { font }).getBBox()?.width ?? 0) / MEASURED_SIZE
  }
  metrics.width = ({ fontSize = 11, fontWeight = 400, limit = 0 }, value) => {
    const text = String(value ?? '').trim()
    const key = `${fontWeight} ${text}`
    const known = widths.get(key) ?? measure(text, String(fontWeight))
    widths.set(key, known)
    return limit > 0 ? Math.min(fontSize * known, limit) : fontSize * known
  }
}
