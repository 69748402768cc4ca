import type { WandbWaiting } from '../../schemas/wandb.ts'
import type { RunStore } from '../run-store.ts'
import { readMemory } from './wandb-memory.ts'

/** Runs on this machine with something waiting to be sent to W&B, and its destination. */
export async function listWaiting(
  store: RunStore,
): Promise<{ name: string; waiting: readonly WandbWaiting[] }[]> {
  const names = await store.folders()
  const memories = await Promise.all(
    names.map(async (name) => ({ name, waiting: (await readMemory(store.directory(name))).waiting })),
  )
  return memories.filter(({ waiting }) => waiting.length > 0)
}
