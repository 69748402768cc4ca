import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode, ReversalError } from '../support/errors.ts'
import type { Safetensors } from './safetensors.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import type { Arrays } from './weights.ts'

/** The state of a training after a step. */
export interface Checkpoint {
  step: number
  /** Tokens trained on so far. */
  tokens: number
  /** Identifies the settings and the texts; a training resumes only if they are the same. */
  fingerprint: string
  /** Weights and AdamW's sums. */
  state: Arrays
}

const KEPT = 2
const NAME = /^step-\d{8}\.safetensors$/

/** Save a checkpoint atomically and remove all but the last two. Returns its file name. */
export async function saveCheckpoint(
  directory: string,
  { step, tokens, fingerprint, state }: Checkpoint,
): Promise<string> {
  const name = `step-${String(step).padStart(8, '0')}.safetensors`
  await writeSafetensors(join(directory, name), state, {
    step: String(step),
    tokens: String(tokens),
    fingerprint,
  })
  const outdated = (await listCheckpoints(directory)).slice(0, -KEPT)
  await Promise.all(outdated.map((old) => rm(join(directory, old), { force: true })))
  return name
}

/**
 * The newest intact checkpoint; undefined if there is none at all. Throws ReversalError CHECKPOINT_CORRUPT if there are
 * some and all are damaged.
 */
export async function loadCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  const names = (await listCheckpoints(directory)).toReversed()
  for (const name of names) {
    try {
      return fromFile(await readSafetensors(join(directory, name)))
    } catch (error) {
      if (!(error instanceof ReversalError)) throw error
    }
  }
  if (names.length === 0) return undefined
  throw new ReversalError(`Every checkpoint in ${directory} is damaged (${names.join(', ')}).`, {
    code: 'CHECKPOINT_CORRUPT',
    suggestions: ['delete that folder to train from the start'],
  })
}

function fromFile({ arrays, metadata: { step, tokens, fingerprint = '' } }: Safetensors): Checkpoint {
  return { step: Number(step), tokens: Number(tokens), fingerprint, state: arrays }
}

/** File names from the oldest to the newest. */
async function listCheckpoints(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => NAME.test(name)).sort()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  }
}
