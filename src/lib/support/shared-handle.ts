import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { namingFile } from './errors.ts'

/** A file that is open for reading while anybody reads it: reads at the same time share one opening. */
export class SharedHandle {
  readonly #path: string
  #readers = 0
  #opened: Promise<FileHandle> | undefined

  constructor(path: string) {
    this.#path = path
  }

  async use<T>(read: (file: FileHandle) => Promise<T>): Promise<T> {
    this.#opened ??= open(this.#path, 'r')
    const opened = this.#opened
    this.#readers++
    try {
      const file = await opened
      return await namingFile(this.#path, () => read(file))
    } finally {
      this.#readers--
      if (this.#readers === 0) {
        this.#opened = undefined
        await opened.then(
          (file) => file.close(),
          () => {},
        )
      }
    }
  }
}
