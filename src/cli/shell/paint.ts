import { styleText } from 'node:util'
import { printable } from '../../lib/support/printable.ts'
import { withOwnName } from './own-name.ts'

/** Lines with colours of our own, which are clean already. */
const painted = new Set<string>()

/** A line in a colour, its text cleaned, so that it goes to the terminal as it is. */
export function paint(format: Parameters<typeof styleText>[0], line: string): string {
  const own = styleText(format, printable(line))
  painted.add(own)
  return own
}

/** What may go to a terminal: a text without the control characters of others, with the colours and the name of our own. */
export function forTerminal(text: string): string {
  return text
    .split('\n')
    .map((line) => (painted.has(line) ? line : withOwnName(printable(line))))
    .join('\n')
}
