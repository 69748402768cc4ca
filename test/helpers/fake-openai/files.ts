import { ApiError } from './api-error.ts'

export interface StoredFile {
  id: string
  object: 'file'
  bytes: number
  created_at: number
  filename: string
  purpose: string
  status: 'processed'
}

/** The files of a server: metadata and contents. */
export class FileStore {
  readonly #files = new Map<string, { file: StoredFile; content: string }>()
  #added = 0

  add({
    filename,
    purpose,
    content,
    now,
  }: {
    filename: string
    purpose: string
    content: string
    now: number
  }) {
    const file: StoredFile = {
      id: `file-${++this.#added}`,
      object: 'file',
      bytes: Buffer.byteLength(content),
      created_at: Math.floor(now / 1000),
      filename,
      purpose,
      status: 'processed',
    }
    this.#files.set(file.id, { file, content })
    return file
  }

  list(): StoredFile[] {
    return Array.from(this.#files.values(), ({ file }) => file)
  }

  get(id: string): StoredFile {
    return this.#find(id).file
  }

  content(id: string): string {
    return this.#find(id).content
  }

  /** The records of a JSON Lines file. */
  lines<T>(id: string): T[] {
    return this.content(id)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  delete(id: string) {
    this.#find(id)
    this.#files.delete(id)
    return { id, object: 'file', deleted: true }
  }

  #find(id: string) {
    const found = this.#files.get(id)
    if (found === undefined) throw new ApiError(404, `No such File object: ${id}`)
    return found
  }
}
