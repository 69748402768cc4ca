import { join } from 'node:path'
import type { ExportFormat } from '../../src/lib/engine/export/export-model.ts'
import { exportModel } from '../../src/lib/engine/export/export-model.ts'

/** Export the model of a run of `home`; where it lies. */
export async function exportTinyModel(home: string, id: string, format: ExportFormat): Promise<string> {
  const output = join(home, format === 'gguf' ? `${id}.gguf` : `${id}-${format}`)
  await exportModel({ directory: join(home, 'runs', id, 'model'), format, output, name: id })
  return output
}
