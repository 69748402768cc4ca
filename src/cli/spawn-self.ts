import { spawn } from 'node:child_process'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** From source where this file is source, so that a development run does not start what was built before. */
const EXECUTABLE = import.meta.url.endsWith('.ts') ? '../../bin/dev.js' : '../../bin/run.js'

/** Start a command of this CLI that goes on when this process ends; what it prints goes to `logFile`. Returns its pid. */
export async function spawnSelf(argv: readonly string[], { logFile }: { logFile: string }): Promise<number> {
  await mkdir(dirname(logFile), { recursive: true })
  await using log = await open(logFile, 'a')
  const child = spawn(process.execPath, [fileURLToPath(new URL(EXECUTABLE, import.meta.url)), ...argv], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  const started = new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid!))
    child.once('error', reject)
  })
  child.unref()
  return started
}
