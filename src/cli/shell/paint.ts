import { styleText } from '../../lib/support/node-util.ts'
import { printable } from '../../lib/support/printable.ts'
import { withOwnName } from './own-name.ts'

/** Lines with our own colours, which are already clean. */
const painted = new Set<string>()

/** A coloured line with its text cleaned, ready for the terminal. */
export function paint(format: Parameters<typeof styleText>[0], line: string): string {
  const own = styleText(format, printable(line))
  painted.add(own)
  return own
}

/** Text for a terminal: without foreign control characters, with our own colours and name. */
export function forTerminal(text: string): string {
  return text
    .split('\n')
    .map((line) => (painted.has(line) ? line : withOwnName(printable(line))))
    .join('\n')
}
