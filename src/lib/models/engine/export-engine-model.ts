import type { ExportedModel, ExportModelOptions } from '../../engine/export/export-model.ts'
import { exportModel } from '../../engine/export/export-model.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import { isPretrained } from '../../engine/pretrained/is-pretrained.ts'
import { InputError } from '../../support/errors.ts'

/**
 * Writes the model of a run for other programs: one trained from scratch, or a pretrained one with its adapter
 * merged. Throws as `exportModel` and `exportPretrained`, and InputError FORMAT_UNSUPPORTED.
 */
export async function exportEngineModel({
  hub,
  signal,
  ...options
}: ExportModelOptions & { hub: ReadHubSettings; signal: AbortSignal }): Promise<ExportedModel> {
  const { directory: path, format, output, name } = options
  if (!(await isPretrained(path))) return exportModel(options)
  if (format === 'onnx') {
    throw new InputError('Pretrained models cannot be exported as onnx: use --format safetensors or gguf.', {
      code: 'FORMAT_UNSUPPORTED',
    })
  }
  const { exportPretrained } = await import('../../engine/pretrained/export.ts')
  const { findBaseByHub } = await import('../../engine/pretrained/locate.ts')
  const findBase = findBaseByHub(hub, { cwd: path, signal })
  return exportPretrained({ path, format, output, name, findBase, signal })
}
