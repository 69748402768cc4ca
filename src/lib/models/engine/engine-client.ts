import { isModel } from '../../engine/model-files.ts'
import type { ModelClient } from '../model-client.ts'

/** Models that the embedded engine trained: folders, such as a run's `model/`. */
export const engineClient: ModelClient = {
  name: 'engine',
  summary: 'models that this machine trained',
  holds: isModel,
  async open({ reference: { id, directory = '' }, ...options }) {
    const { openLocalModel } = await import('./open-engine-model.ts')
    return openLocalModel({ id, directory, ...options })
  },
}
