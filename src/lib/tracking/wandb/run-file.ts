import type { FileContent } from './client.ts'

/** A file of a run. */
export interface RunFile {
  /** Its path in the run, with forward slashes. */
  name: string
  sha256: string
  content: FileContent
}
