import { schemaCheck } from '../../schemas/compile.ts'
import type { StoredFile } from '../../schemas/stored-file.ts'
import { storedFileSchema } from '../../schemas/stored-file.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { wait } from '../../support/wait.ts'
import { readAnswer } from './endpoint.ts'
import type { Transport } from './transport.ts'

export interface SentFile {
  /** The text, in pieces. */
  content: readonly string[]
  name: string
  purpose: 'fine-tune' | 'batch'
}

const check = schemaCheck(storedFileSchema)
const readFile = (answer: unknown) => readAnswer<StoredFile>(answer, check)

/** Error codes if a server does not have the requested object, or no such API. */
const MISSING: readonly string[] = ['NOT_FOUND', 'NOT_COMPATIBLE']

/** True if the server does not have what was requested. */
export function isMissing(error: unknown): error is InputError {
  return error instanceof InputError && MISSING.includes(error.code)
}

/**
 * Uploads a file to a server. A repeated upload may leave two copies. The file may not be ready yet: see `awaitFile`.
 */
export function sendFile(
  transport: Transport,
  { content, name, purpose }: SentFile,
  signal?: AbortSignal,
): Promise<StoredFile> {
  return transport.call(
    (client, request) => client.files.create({ file: new File([...content], name), purpose }, request),
    readFile,
    { signal },
  )
}

/** A file as the server has it; undefined if it does not have it. */
export async function lookUpFile(
  transport: Transport,
  id: string,
  signal?: AbortSignal,
): Promise<StoredFile | undefined> {
  try {
    return await transport.call((client, request) => client.files.retrieve(id, request), readFile, { signal })
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const LONGEST_PAUSE_MS = 10_000
/** Some servers never report a state after `uploaded`. */
const UPLOADED_WAIT_MS = 60_000
const LONGEST_WAIT_MS = 3_600_000
/** A wait long enough to look like a standstill. */
const NOTICEABLE_MS = 5_000

/**
 * Waits until a server has read a file and accepts it for a job or a batch: Azure does so only after it has answered.
 * Throws InputError FILE_REFUSED if the server cannot read it, ReversalError FILE_NOT_READY after an hour.
 */
export async function awaitFile(transport: Transport, file: StoredFile, signal?: AbortSignal): Promise<void> {
  const { name, backoffMs, onWait } = transport.server
  let current = file
  let told = false
  for (let waitedMs = 0, look = 0; ; look++) {
    const { id, status, status_details: details } = current
    if (status === 'error') {
      throw new InputError(
        `${name} cannot use the file ${id} that was sent: ${details ?? 'no reason given'}`,
        {
          code: 'FILE_REFUSED',
        },
      )
    }
    if (isReady(status) || (status === 'uploaded' && waitedMs >= UPLOADED_WAIT_MS)) return
    if (waitedMs >= LONGEST_WAIT_MS) {
      throw new ReversalError(
        `${name} has not made the file ${id} ready within an hour: it is “${status}”.`,
        {
          code: 'FILE_NOT_READY',
          suggestions: ['continue later: the file is not sent again'],
        },
      )
    }
    const ms = Math.min(LONGEST_PAUSE_MS, backoffMs * 1.5 ** look)
    if (!told && waitedMs + ms >= NOTICEABLE_MS) {
      told = true
      onWait({ reason: `${name} is not done with the file ${id} (“${status}”).`, ms })
    }
    await wait(ms, signal)
    waitedMs += ms
    // If a server cannot be asked about its files, assume that the file is ready.
    current = (await lookUpFile(transport, id, signal)) ?? { id }
  }
}

function isReady(status: string | null | undefined): boolean {
  return status === undefined || status === null || status === 'processed'
}

/** The text of a file at a server. */
export function fetchFile(transport: Transport, id: string, signal?: AbortSignal): Promise<string> {
  return transport.call(
    (client, request) => client.files.content(id, request),
    (response) => response.text(),
    { signal },
  )
}
