import { forTerminal } from './paint.ts'

/** What shows a live line, which is to stay below. */
interface LiveLine {
  note(text: string): void
}

let quiet = false
let live: LiveLine | undefined
const said = new Set<string>()

/** Say nothing in this command, as `--json` wants it. */
export function quietNotices(wanted: boolean): void {
  quiet = wanted
  said.clear()
}

/** Notices go above this line while it is there. */
export function setLiveLine(line: LiveLine | undefined): void {
  live = line
}

/** Say something on standard error that is no result: a wait, a warning. */
export function notice(text: string): void {
  if (quiet) return
  if (live === undefined) process.stderr.write(`${forTerminal(text)}\n`)
  else live.note(text)
}

/** The same, but a text that was said before in this command is not said again. */
export function noticeOnce(text: string): void {
  if (said.has(text)) return
  said.add(text)
  notice(text)
}
