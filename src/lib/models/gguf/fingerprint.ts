import { open } from 'node:fs/promises'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { sha256 } from '../../support/files.ts'

const BLOCKS = 64
const BLOCK_BYTES = 1 << 16

/**
 * A hash of a GGUF file's size and of blocks spread over it, which distinguishes models without reading
 * gigabytes. Throws
 * InputError FILE_NOT_FOUND, NOT_GGUF.
 */
export async function fingerprintGguf(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    const blocks: Buffer[] = []
    for (let index = 0; index < BLOCKS; index++) {
      const position = Math.floor((index / BLOCKS) * size)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, position)
      blocks.push(buffer.subarray(0, bytesRead))
    }
    if (blocks[0]!.toString('latin1', 0, 4) !== 'GGUF') {
      throw new InputError(`${path} is not a GGUF file.`, { code: 'NOT_GGUF' })
    }
    return sha256(Buffer.concat([Buffer.from(`${size} `), ...blocks])).slice(0, 12)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) {
      throw new InputError(`There is no file ${path}.`, { code: 'FILE_NOT_FOUND' })
    }
    if (hasErrorCode(error, 'EISDIR')) {
      throw new InputError(`${path} is a directory, not a GGUF file.`, { code: 'NOT_GGUF' })
    }
    throw error
  }
}
