import { join } from 'node:path'
import { sendFile } from '../../models/openai/files.ts'
import type { Transport } from '../../models/openai/transport.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { UploadedFile } from '../../schemas/uploaded-file.ts'
import { uploadedFileSchema } from '../../schemas/uploaded-file.ts'
import { InputError } from '../../support/errors.ts'
import { appendLines, exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import { acquireLock } from '../../support/lock.ts'
import type { TrainingFile } from './training-file.ts'

const check = schemaCheck(uploadedFileSchema)
const LOCK_WAIT_MS = 5000

interface UploadOptions {
  /** Folder that remembers what was uploaded. */
  home: string
  transport: Transport
  file: TrainingFile
  /** What the server is to call it; the content's checksum is added. */
  name: string
  now: () => Date
  signal?: AbortSignal | undefined
}

/** The server's name for a training file, which is sent unless the server has it already. */
export async function uploadOnce(options: UploadOptions): Promise<string> {
  const { home, transport, file, name, now, signal } = options
  const { baseUrl: base_url, organization, project } = transport.server
  const { sha256, bytes } = file
  const path = join(home, 'uploads.jsonl')
  const place = { sha256, bytes, base_url, organization, project }
  const known = (await readUploads(path)).findLast((upload) =>
    Object.entries(place).every(([key, value]) => upload[key as keyof UploadedFile] === value),
  )
  if (known !== undefined && (await isThere(known, options))) return known.file_id

  const filename = `${name.replace(/\.jsonl$/, '')}-${sha256.slice(0, 8)}.jsonl`
  const { content } = file
  const file_id = await sendFile(transport, { content, name: filename, purpose: 'fine-tune' }, signal)
  const line = { ...place, file_id, uploaded_at: now().toISOString() } satisfies UploadedFile
  await using _lock = await acquireLock(`${path}.lock`, { waitMs: LOCK_WAIT_MS })
  await appendLines(path, [JSON.stringify(line)])
  return file_id
}

async function readUploads(path: string): Promise<UploadedFile[]> {
  if (!(await exists(path))) return []
  // A line that cannot be read costs another upload, no more.
  return readJsonl(path, { check, allowEmpty: true, journal: true, onProblem: () => {} })
}

/** Whether the server still has a file, whole. */
async function isThere(known: UploadedFile, { transport, signal }: UploadOptions): Promise<boolean> {
  try {
    return await transport.call(
      (client, request) => client.files.retrieve(known.file_id, request),
      ({ bytes, status }) => bytes === known.bytes && status !== 'error',
      { signal },
    )
  } catch (error) {
    if (error instanceof InputError && error.code === 'NOT_FOUND') return false
    throw error
  }
}
