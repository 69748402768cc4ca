import { isModel } from '../../engine/model-files.ts'
import { HUB_PREFIX } from '../../engine/pretrained/hub/repository.ts'
import { isPretrained } from '../../engine/pretrained/is-pretrained.ts'
import type { ModelClient } from '../model-client.ts'

/** Models that the embedded engine runs: those it trained, such as a run's `model/`, and pretrained ones. */
export const engineClient: ModelClient = {
  name: 'engine',
  summary: 'models trained on this machine, and pretrained ones: a folder, or hf:ORG/NAME',
  prefix: HUB_PREFIX,
  holds: async (path) => (await isModel(path)) || (await isPretrained(path)),
  async open({ reference: { id, directory }, ...options }) {
    const { openHubModel, openLocalModel } = await import('./open-engine-model.ts')
    if (directory === undefined && id !== undefined) return openHubModel({ name: id, ...options })
    return openLocalModel({ id, directory: directory ?? '', ...options })
  },
}
