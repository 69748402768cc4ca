import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { refuseExisting } from '../../support/files.ts'
import { writeGgufModel } from './gguf/write.ts'
import { savePretrained } from './model-folder.ts'
import { countPretrainedParameters } from './parameters.ts'
import type { ReadOptions } from './read-pretrained.ts'
import { readPretrained } from './read-pretrained.ts'

export interface ExportPretrainedOptions extends ReadOptions {
  /** A model as `readPretrained` takes it; an adapter is merged into its model. */
  path: string
  /** `gguf` is one file, `safetensors` a folder in Hugging Face's layout. */
  format: 'gguf' | 'safetensors'
  /** Absolute path of the file or folder to write. It must not exist. */
  output: string
  /** Name of the model. */
  name: string
}

export interface ExportedPretrained {
  output: string
  /** Size of the file of weights. */
  bytes: number
  parameters: number
}

/** Writes a model in float32, completely or not at all. Throws as `readPretrained`, and InputError OUTPUT_EXISTS. */
export async function exportPretrained(options: ExportPretrainedOptions): Promise<ExportedPretrained> {
  const { path, format, output, name } = options
  await refuseExisting(output)
  const model = await readPretrained(path, options)
  if (format === 'gguf') await writeGgufModel(output, model, { name })
  else await savePretrained(output, model)
  const { size } = await stat(format === 'gguf' ? output : join(output, 'model.safetensors'))
  return { output, bytes: size, parameters: countPretrainedParameters(model.config) }
}
