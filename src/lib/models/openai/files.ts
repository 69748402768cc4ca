import { UnexpectedAnswerError } from './failures.ts'
import type { Transport } from './transport.ts'

export interface SentFile {
  /** The text, in pieces. */
  content: readonly string[]
  name: string
  purpose: 'fine-tune' | 'batch'
}

/** Send a file to a server, which gives it the name that comes back. Where that is repeated it may be there twice. */
export function sendFile(
  transport: Transport,
  { content, name, purpose }: SentFile,
  signal?: AbortSignal,
): Promise<string> {
  return transport.call(
    (client, request) => client.files.create({ file: new File([...content], name), purpose }, request),
    ({ id }) => {
      if (typeof id !== 'string') throw new UnexpectedAnswerError('a file that was sent has no ID')
      return id
    },
    { signal },
  )
}

/** The text of a file at a server. */
export function fetchFile(transport: Transport, id: string, signal?: AbortSignal): Promise<string> {
  return transport.call(
    (client, request) => client.files.content(id, request),
    (response) => response.text(),
    { signal },
  )
}
