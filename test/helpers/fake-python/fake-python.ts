import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('python.ts', import.meta.url))

/** Hardware and behaviour of a Python that stands in for one with TRL. */
export interface FakeBehaviour {
  /** Versions of packages; null for one that is missing. */
  packages?: Record<string, string | null>
  machine?: { gpus?: number; bf16?: boolean; gpu_bytes?: number | null }
  /** How long a step takes. */
  stepMs?: number
  /** Step at which an attempt halts until it is asked to stop. */
  holdsAt?: number
  /** Step at which the first attempt is killed. */
  diesAt?: number
  /** The error that the trainer reports instead of training. */
  failure?: { code: string; message: string }
  /** Its output before it ends with exit code 3 and without a result. */
  silent?: string
}

/** Writes a program that stands in for a Python with TRL into its own folder. Returns its path. */
export async function writeFakePython(folder: string, behaviour: FakeBehaviour = {}): Promise<string> {
  const python = join(folder, 'python')
  await mkdir(folder, { recursive: true })
  await writeFile(python, `#!/bin/sh\nexec '${process.execPath}' '${SCRIPT}' "$0" "$@"\n`)
  await chmod(python, 0o755)
  await setBehaviour(python, behaviour)
  return python
}

export async function setBehaviour(python: string, behaviour: FakeBehaviour): Promise<void> {
  await writeFile(join(dirname(python), 'behaviour.json'), JSON.stringify(behaviour))
}
