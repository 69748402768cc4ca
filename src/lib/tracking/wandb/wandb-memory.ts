import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { schemaCheck } from '../../schemas/compile.ts'
import type { WandbDestination, WandbMemory, WandbWaiting } from '../../schemas/wandb.ts'
import { wandbMemorySchema } from '../../schemas/wandb.ts'
import { writeJson } from '../../support/files.ts'
import { readRecord } from '../../support/record.ts'

const check = schemaCheck(wandbMemorySchema)

function memoryFile(directory: string): string {
  return join(directory, 'wandb.json')
}

/** Reads what a run's folder records about W&B. Throws InputError BAD_RECORD for a damaged file. */
export async function readMemory(directory: string): Promise<WandbMemory> {
  const memory = await readRecord<WandbMemory>(memoryFile(directory), check)
  return memory ?? { waiting: [], destinations: [] }
}

export async function writeMemory(directory: string, memory: WandbMemory): Promise<void> {
  await writeJson(memoryFile(directory), memory)
}

/** A project on a W&B server. */
export type Place = Pick<WandbDestination, 'base_url' | 'entity' | 'project'>

/** The record of a run at a place; a new one if there is none. */
export function destinationOf(memory: WandbMemory, place: Place): WandbDestination {
  const known = memory.destinations.find(({ base_url, entity, project }) =>
    isDeepStrictEqual({ base_url, entity, project }, place),
  )
  if (known !== undefined) return known
  const added: WandbDestination = { ...place, tags: [], config: {}, lines: [], files: {} }
  memory.destinations.push(added)
  return added
}

/** Notes that something must be sent, before the attempt. */
export async function addWaiting(
  directory: string,
  place: WandbWaiting,
  dataset: string | undefined,
): Promise<void> {
  const memory = await readMemory(directory)
  const waiting = [...memory.waiting.filter((other) => !isDeepStrictEqual(other, place)), place]
  await writeMemory(directory, { ...memory, waiting, ...(dataset !== undefined && { dataset }) })
}

/** Records that nothing is waiting for a place any more. */
export async function removeWaiting(directory: string, place: WandbWaiting): Promise<void> {
  const memory = await readMemory(directory)
  const waiting = memory.waiting.filter((other) => !isDeepStrictEqual(other, place))
  await writeMemory(directory, { ...memory, waiting })
}
