import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasErrorCode, namingFile } from './errors.ts'

/**
 * Appends lines to a file that other processes append to as well. Lines that arrive during a write go into the next
 * write together.
 */
export class LineAppender {
  readonly #path: string
  #waiting: string[] = []
  #last = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Resolves when the line is written. Creates the folder if it is missing. */
  append(line: string): Promise<void> {
    this.#waiting.push(line)
    if (this.#next === undefined) {
      const write = () => this.#write()
      this.#next = this.#last.then(write, write)
      this.#last = this.#next
    }
    return this.#next
  }

  async #write(): Promise<void> {
    const lines = this.#waiting
    this.#waiting = []
    this.#next = undefined
    // The leading line break ends a line that a killed process left unfinished: it cannot be removed while others
    // write.
    const text = `\n${lines.join('\n')}\n`
    await namingFile(this.#path, async () => {
      try {
        await appendFile(this.#path, text)
      } catch (error) {
        if (!hasErrorCode(error, 'ENOENT')) throw error
        await mkdir(dirname(this.#path), { recursive: true })
        await appendFile(this.#path, text)
      }
    })
  }
}
