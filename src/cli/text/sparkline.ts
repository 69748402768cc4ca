const BLOCKS = '▁▂▃▄▅▆▇█'
const WIDTH = 40

/** Numbers as a line of blocks; neighbours are averaged if there are more than `width`. */
export function sparkline(values: readonly number[], width = WIDTH): string {
  const bins = Math.min(width, values.length)
  const means = Array.from({ length: bins }, (_, bin) => {
    const part = values.slice(
      Math.floor((bin * values.length) / bins),
      Math.floor(((bin + 1) * values.length) / bins),
    )
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
  const low = Math.min(...means)
  const range = Math.max(...means) - low || 1
  return means.map((mean) => BLOCKS[Math.round(((mean - low) / range) * (BLOCKS.length - 1))]).join('')
}
