import { forTerminal } from './paint.ts'

/** The progress whose live line must stay below notices. */
interface LiveLine {
  note(text: string): void
}

let quiet = false
let live: LiveLine | undefined
const said = new Set<string>()

/** Prints no notices in this command, for `--json`. */
export function quietNotices(wanted: boolean): void {
  quiet = wanted
  said.clear()
}

/** Notices go above this line while it is shown. */
export function setLiveLine(line: LiveLine | undefined): void {
  live = line
}

/** Prints something to standard error that is not a result: a wait, a warning. */
export function notice(text: string): void {
  if (quiet) return
  if (live === undefined) process.stderr.write(`${forTerminal(text)}\n`)
  else live.note(text)
}

/** The same, but each text only once per command. */
export function noticeOnce(text: string): void {
  if (said.has(text)) return
  said.add(text)
  notice(text)
}
