import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const HALT = new URL('../fixtures/support/halt.ts', import.meta.url)

/**
 * Starts the CLI so that it, or a process that it starts, halts once it has written a file whose path matches `at`;
 * resolves when `processes` of them have. A signal then reaches them at that point on any machine, and never after
 * their end.
 */
export async function startHalting(
  { at, processes = 1 }: { at: RegExp; processes?: number },
  ...argv: string[]
) {
  const halted = await mkdtemp(join(tmpdir(), 'halted-'))
  const child = spawn(process.execPath, [DEV, ...argv], {
    env: { ...process.env, NODE_OPTIONS: `--import=${HALT}`, HALT_AT: at.source, HALTED: halted },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exit = once(child, 'exit') as Promise<[number | null]>
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  await eventually('the halt', async () => isOver() || (await readdir(halted)).length === processes)
  await rm(halted, { recursive: true })
  if (isOver()) throw new Error(`It ended before it wrote ${at}: ${stderr}`)
  return { child, exit, stderr: () => stderr }
}
