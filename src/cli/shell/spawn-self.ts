import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Runs from source if this file is source, so that a development run does not start an old build. */
const EXECUTABLE = import.meta.url.endsWith('.ts') ? '../../../bin/dev.js' : '../../../bin/run.js'

/**
 * Starts a command of this CLI that continues when this process ends; its output goes to `logFile`. Returns
 * its pid.
 */
export async function spawnSelf(argv: readonly string[], { logFile }: { logFile: string }): Promise<number> {
  const child = await startSelf(argv, logFile)
  child.unref()
  return child.pid!
}

/**
 * Run a command of this CLI until it ends, in a process that Ctrl-C at the terminal does not reach: aborting
 * `signal` sends it one SIGINT, on which it saves. Returns its exit code, or null if a signal ended it.
 */
export async function runSelf(
  argv: readonly string[],
  { logFile, signal }: { logFile: string; signal: AbortSignal },
): Promise<number | null> {
  const child = await startSelf(argv, logFile)
  const stop = () => child.kill('SIGINT')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    return child.exitCode
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function startSelf(argv: readonly string[], logFile: string): Promise<ChildProcess> {
  await mkdir(dirname(logFile), { recursive: true })
  await using log = await open(logFile, 'a')
  const child = spawn(process.execPath, [fileURLToPath(new URL(EXECUTABLE, import.meta.url)), ...argv], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  await once(child, 'spawn')
  return child
}
