import { join } from 'node:path'
import { awaitFile, lookUpFile, sendFile } from '../../models/openai/files.ts'
import type { Transport } from '../../models/openai/transport.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { StoredFile } from '../../schemas/stored-file.ts'
import type { UploadedFile } from '../../schemas/uploaded-file.ts'
import { uploadedFileSchema } from '../../schemas/uploaded-file.ts'
import { appendLines, exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import { acquireLock } from '../../support/lock.ts'
import type { TrainingFile } from './training-file.ts'

const check = schemaCheck(uploadedFileSchema)
const LOCK_WAIT_MS = 5000

interface UploadOptions {
  /** Folder with the record of uploads. */
  home: string
  transport: Transport
  file: TrainingFile
  /** Name of the file on the server; the content's checksum is added. */
  name: string
  now: () => Date
  signal?: AbortSignal | undefined
}

/** The server's name for a training file, which is sent unless the server has it already, and is ready there. */
export async function uploadOnce(options: UploadOptions): Promise<string> {
  const { home, transport, file, name, now, signal } = options
  const { baseUrl: base_url, organization, project } = transport.server
  const { sha256, bytes } = file
  const path = join(home, 'uploads.jsonl')
  const place = { sha256, bytes, base_url, organization, project }
  const known = (await readUploads(path)).findLast((upload) =>
    Object.entries(place).every(([key, value]) => upload[key as keyof UploadedFile] === value),
  )
  const there = known && (await lookUpFile(transport, known.file_id, signal))
  if (there !== undefined && isWhole(there, file)) {
    await awaitFile(transport, there, signal)
    return there.id
  }
  const filename = `${name.replace(/\.jsonl$/, '')}-${sha256.slice(0, 8)}.jsonl`
  const { content } = file
  const sent = await sendFile(transport, { content, name: filename, purpose: 'fine-tune' }, signal)
  const line = { ...place, file_id: sent.id, uploaded_at: now().toISOString() } satisfies UploadedFile
  await remember(path, line)
  await awaitFile(transport, sent, signal)
  return sent.id
}

async function readUploads(path: string): Promise<UploadedFile[]> {
  if (!(await exists(path))) return []
  // An unreadable line only costs another upload.
  return readJsonl(path, { check, allowEmpty: true, journal: true, onProblem: () => {} })
}

async function remember(path: string, line: UploadedFile): Promise<void> {
  await using _lock = await acquireLock(`${path}.lock`, { waitMs: LOCK_WAIT_MS })
  await appendLines(path, [JSON.stringify(line)])
}

function isWhole({ bytes, status }: StoredFile, file: TrainingFile): boolean {
  return bytes === file.bytes && status !== 'error'
}
