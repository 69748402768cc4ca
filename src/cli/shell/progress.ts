import type { Ora } from 'ora'
import { formatCount, formatDuration } from '../../lib/support/numbers.ts'
import { printable } from '../../lib/support/printable.ts'
import { renderProgressLine } from '../text/progress-line.ts'
import { setLiveLine } from './notice.ts'
import { forTerminal } from './paint.ts'

/** The spinner and its space, and one column that stays free. */
const BESIDE_TEXT = 3

export interface ProgressState {
  /** What is done, such as "Training". */
  label: string
  done: number
  total: number
  /** The unit, such as "MB", if the label does not name it. */
  unit?: string
  /** Facts after the bar, such as "loss 1.234" and "9,120 tokens/s". */
  details?: readonly string[]
}

/**
 * Progress of a long task on standard error: one live line at a terminal; elsewhere a plain line at the
 * start and at each tenth of the way.
 */
export class Progress {
  readonly #quiet: boolean
  #started = 0
  #startedAt = 0
  #spinner: Ora | undefined
  #label = ''
  #tenth = -1

  constructor({ quiet = false }: { quiet?: boolean } = {}) {
    this.#quiet = quiet
  }

  async update(state: ProgressState): Promise<void> {
    if (this.#quiet) return
    const { done, total, unit } = state
    const label = oneLine(state.label)
    const details = (state.details ?? []).map(oneLine)
    if (label !== this.#label) {
      this.#label = label
      this.#started = Date.now()
      this.#startedAt = done
      this.#tenth = -1
    }
    const share = total > 0 ? Math.min(1, done / total) : 0
    const counts = `${formatCount(done)}/${formatCount(total)}`
    const counted = unit === undefined ? counts : `${counts} ${unit}`
    if (process.stderr.isTTY) {
      const left = this.#secondsLeft(done, total)
      this.#spinner ??= (await import('ora')).default({ stream: process.stderr, discardStdin: false }).start()
      setLiveLine(this)
      const width = process.stderr.columns - BESIDE_TEXT
      this.#spinner.text = renderProgressLine({ label, share, counts: counted, details, left }, width)
    } else if (Math.floor(share * 10) > this.#tenth) {
      this.#tenth = Math.floor(share * 10)
      process.stderr.write(`${label}: ${[counted, ...details].join(', ')}\n`)
    }
  }

  /** Prints a line above the live line. */
  note(text: string): void {
    if (this.#quiet) return
    this.#spinner?.clear()
    process.stderr.write(`${forTerminal(text)}\n`)
  }

  /** Ends the live line; `text` stays in its place. */
  stop(last?: string): void {
    if (this.#quiet) return
    const text = last === undefined ? undefined : forTerminal(last)
    if (this.#spinner === undefined) {
      if (text !== undefined) process.stderr.write(`${text}\n`)
    } else if (text === undefined) this.#spinner.stop()
    else this.#spinner.succeed(text)
    this.#spinner = undefined
    this.#label = ''
    setLiveLine(undefined)
  }

  #secondsLeft(done: number, total: number): string | undefined {
    const advanced = done - this.#startedAt
    if (advanced <= 0) return undefined
    const seconds = ((Date.now() - this.#started) / 1000 / advanced) * (total - done)
    return `${formatDuration(seconds)} left`
  }
}

/** A text for the live line, without line breaks. */
function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ')
}
