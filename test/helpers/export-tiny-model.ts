import { join } from 'node:path'
import type { ExportFormat } from '../../src/lib/engine/export/export-model.ts'
import { exportModel } from '../../src/lib/engine/export/export-model.ts'

/** Exports the model of a run in `home`; returns its path. */
export async function exportTinyModel(home: string, id: string, format: ExportFormat): Promise<string> {
  const output = join(home, format === 'gguf' ? `${id}.gguf` : `${id}-${format}`)
  await exportModel({ directory: join(home, 'runs', id, 'model'), format, output, name: id })
  return output
}
