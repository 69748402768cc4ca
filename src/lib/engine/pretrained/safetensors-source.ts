/** The weights of a folder in Hugging Face's layout: one safetensors file, or several with an index. */
import type { FileHandle } from 'node:fs/promises'
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InputError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import type { StoredArray } from '../safetensors.ts'
import { readBytes, readSafetensorsHeader } from '../safetensors.ts'
import type { NamedArray } from '../weights.ts'
import { decodeBfloat, decodeFloat, decodeHalf } from './element-types.ts'
import { FormatError, PICKLE_FILE, pickled, unreadable } from './failures.ts'
import type { WeightSource } from './weight-source.ts'

const SINGLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'

const DECODERS: Record<string, (bytes: Uint8Array) => Float32Array> = {
  F32: decodeFloat,
  F16: decodeHalf,
  BF16: decodeBfloat,
}

interface Place extends StoredArray {
  path: string
  file: FileHandle
}

export interface OpenSource extends WeightSource, AsyncDisposable {}

/** Opens a folder's weights. Throws InputError MODEL_UNREADABLE if a file is missing, cut off or in another format. */
export async function openSafetensors(directory: string): Promise<OpenSource> {
  return openFiles(directory, await shardNames(directory))
}

/** Opens one file of a folder. Throws as `openSafetensors`. */
export async function openFiles(directory: string, names: readonly string[]): Promise<OpenSource> {
  const files: FileHandle[] = []
  const close = async () => {
    await Promise.all(files.map((file) => file.close()))
  }
  try {
    const places = new Map<string, Place>()
    for (const name of names) {
      const path = join(directory, name)
      const file = await openShard(path)
      files.push(file)
      for (const [key, stored] of await headerOf(file, path)) {
        places.set(ownName(key), { ...stored, path, file })
      }
    }
    return {
      names: () => new Set(places.keys()),
      shapeOf: (name) => {
        const { dtype, shape } = places.get(name)!
        decoderOf(name, dtype)
        return shape
      },
      read: (name) => readArray(name, places.get(name)!),
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function shardNames(directory: string): Promise<string[]> {
  if (await exists(join(directory, SINGLE))) return [SINGLE]
  const index = join(directory, INDEX)
  if (!(await exists(index))) throw await explainMissing(directory)
  try {
    const { weight_map: map } = JSON.parse(await readFile(index, 'utf8')) as {
      weight_map: Record<string, string>
    }
    const names = [...new Set(Object.values(map))]
    if (names.every((name) => /^[^/\\]+\.safetensors$/.test(name))) return names
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof TypeError)) throw cause
  }
  throw unreadable(`${index} does not name the file of each weight`)
}

async function explainMissing(directory: string): Promise<InputError> {
  const pickle = (await readdir(directory)).find((name) => PICKLE_FILE.test(name))
  if (pickle !== undefined) return pickled(`${directory} holds its weights as a pickle file (${pickle})`)
  return unreadable(`There is no ${SINGLE} in ${directory}`)
}

async function openShard(path: string): Promise<FileHandle> {
  if (!(await exists(path))) throw unreadable(`${path}, a part of the model, is missing`)
  return open(path)
}

async function headerOf(file: FileHandle, path: string) {
  try {
    return (await readSafetensorsHeader(file)).arrays
  } catch (cause) {
    if (cause instanceof RangeError) throw unreadable(`${path} is damaged: ${cause.message}`, cause)
    if (cause instanceof SyntaxError || cause instanceof TypeError)
      throw unreadable(`${path} is not a safetensors file`, cause)
    throw cause
  }
}

/** GPT-2's own file leaves out the prefix that other exports have. */
function ownName(name: string): string {
  return /^(wte|wpe|h\.\d+|ln_f)\./.test(name) ? `transformer.${name}` : name
}

async function readArray(name: string, { dtype, shape, start, end, file }: Place): Promise<NamedArray> {
  const decode = decoderOf(name, dtype)
  return { shape, data: decode(await readBytes(file, start, end)) }
}

function decoderOf(name: string, dtype: string) {
  const decode = DECODERS[dtype]
  if (decode !== undefined) return decode
  throw new FormatError(`the weight ${name} has the type ${dtype}, and the engine reads F32, F16 and BF16`)
}
