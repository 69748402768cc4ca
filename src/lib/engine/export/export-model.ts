import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../support/errors.ts'
import { exists, writeAtomic, writeDirectoryAtomic } from '../../support/files.ts'
import type { StoredModel } from '../model-files.ts'
import { readModel } from '../model-files.ts'
import { DEFAULT_OBJECTIVE } from '../objectives.ts'
import { countParameters } from '../sizes.ts'

export const EXPORT_FORMATS = ['gguf', 'safetensors', 'onnx'] as const
/** `gguf` is one file; the others are folders in Hugging Face's layout. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportModelOptions {
  /** Folder of a trained model. */
  directory: string
  format: ExportFormat
  /** Absolute path of the file or folder to write. It must not exist. */
  output: string
  /** Name of the model. */
  name: string
}

export interface ExportedModel {
  output: string
  /** Size of all files together. */
  bytes: number
  parameters: number
}

/**
 * Writes a trained model for other programs, in float32, completely or not at all. Throws InputError OUTPUT_EXISTS,
 * MODEL_NOT_FOUND, or FORMAT_UNSUPPORTED for an objective that no other program supports; ReversalError FILE_CORRUPT.
 */
export async function exportModel({
  directory,
  format,
  output,
  name,
}: ExportModelOptions): Promise<ExportedModel> {
  if (await exists(output)) {
    throw new InputError(`${output} exists: use another --output, or remove it.`, { code: 'OUTPUT_EXISTS' })
  }
  const model = await readModel(directory)
  refuseObjective(model)
  if (format === 'gguf') {
    const { encodeGgufModel } = await import('./gguf-model.ts')
    await writeAtomic(output, encodeGgufModel(model, { name }))
  } else {
    const huggingFace = await import('./hugging-face.ts')
    await writeDirectoryAtomic(output, async (temporary) => {
      if (format === 'safetensors') return huggingFace.writeHuggingFaceModel(temporary, model)
      const { encodeOnnxModel } = await import('./onnx-model.ts')
      await huggingFace.writeHuggingFaceConfig(temporary, model)
      await writeAtomic(join(temporary, 'onnx', 'model.onnx'), encodeOnnxModel(model))
    })
  }
  return { output, bytes: await sizeOf(output), parameters: countParameters(model.config) }
}

/** Other programs use these files as models of the next token that start with an end of text. */
function refuseObjective({ config: { objective = DEFAULT_OBJECTIVE } }: StoredModel): void {
  if (objective === DEFAULT_OBJECTIVE) return
  throw new InputError(
    `A model of the objective ${objective} is not exported, as other programs only read models of ${DEFAULT_OBJECTIVE}: evaluate it here with eval:run.`,
    { code: 'FORMAT_UNSUPPORTED' },
  )
}

/** Bytes of a file, or of all files in a folder. */
async function sizeOf(path: string): Promise<number> {
  const entry = await stat(path)
  if (!entry.isDirectory()) return entry.size
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))))
  return sizes.reduce((total, size) => total + size, 0)
}
