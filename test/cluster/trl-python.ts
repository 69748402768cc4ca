import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const INSTALLED = fileURLToPath(new URL('../../build/trl/bin/python', import.meta.url))

/** A Python with TRL: the one that TRL_PYTHON names, or that `scripts/install-trl.ts` installed. */
export function trlPython(): string | undefined {
  const named = process.env.TRL_PYTHON || INSTALLED
  return existsSync(named) ? named : undefined
}
