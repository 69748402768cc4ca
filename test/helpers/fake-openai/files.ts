import { ApiError } from './api-error.ts'

export interface StoredFile {
  id: string
  object: 'file'
  bytes: number
  created_at: number
  filename: string
  purpose: string
  status: 'pending' | 'processed' | 'error'
  status_details?: string
}

export interface FileOptions {
  /** How often an uploaded file is looked at until the server has processed it, as Azure's must be; 0 otherwise. */
  looks?: number
  /** Why uploaded files cannot be processed in the end. */
  flaw?: string
}

interface NewFile {
  filename: string
  purpose: string
  content: string
  now: number
  /** So many times it is sent damaged. */
  damagedDownloads?: number
  /** It is listed, and gone. */
  gone?: boolean
}

interface Entry extends Pick<NewFile, 'content' | 'gone'> {
  file: StoredFile
  looks: number
  damagedDownloads: number
}

/** The files of a server: metadata and contents. */
export class FileStore {
  readonly #options: FileOptions
  readonly #files = new Map<string, Entry>()
  #added = 0

  constructor(options: FileOptions = {}) {
    this.#options = options
  }

  /** A file that a user sends. */
  upload(sent: NewFile): StoredFile {
    const file = this.add(sent)
    if (this.#options.looks) file.status = 'pending'
    return { ...file }
  }

  add({ filename, purpose, content, now, damagedDownloads = 0, gone = false }: NewFile): StoredFile {
    const file: StoredFile = {
      id: `file-${++this.#added}`,
      object: 'file',
      bytes: Buffer.byteLength(content),
      created_at: Math.floor(now / 1000),
      filename,
      purpose,
      status: 'processed',
    }
    this.#files.set(file.id, { file, content, gone, looks: 0, damagedDownloads })
    return file
  }

  list(): StoredFile[] {
    return Array.from(this.#files.values(), ({ file }) => file)
  }

  /** The current state of a file; a pending one is processed at the last read. */
  look(id: string): StoredFile {
    const entry = this.#find(id)
    const { looks = 0, flaw } = this.#options
    if (entry.file.status === 'pending' && ++entry.looks >= looks) {
      Object.assign(
        entry.file,
        flaw === undefined ? { status: 'processed' } : { status: 'error', status_details: flaw },
      )
    }
    return { ...entry.file }
  }

  /** The content of a file as it is sent: a damaged one lacks its middle. */
  download(id: string): string {
    const entry = this.#find(id)
    if (entry.gone) throw new ApiError(404, `No such File object: ${id}`)
    const { content } = entry
    if (entry.damagedDownloads === 0) return content
    entry.damagedDownloads--
    return content.slice(0, content.length / 3) + content.slice(content.length / 2)
  }

  /** Throws if a job or a batch names a file that is not ready. */
  requireReady(id: string): void {
    const { status } = this.#find(id).file
    if (status !== 'processed') throw new ApiError(400, `The file ${id} is ${status}, not processed.`)
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
