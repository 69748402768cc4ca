/**
 * A process that runs one job and outlives the command that asked for it: `node here-host.js ORDER`. It waits
 * for its turn, starts the job, ends it if it does not stop by itself, and records how it ended.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, writeFile } from 'node:fs/promises'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { exists, readTextIfExists, writeJson } from '../../support/files.ts'
import type { Lock } from '../../support/lock.ts'
import { acquireLock } from '../../support/lock.ts'
import { wait } from '../../support/wait.ts'
import type { HostExit, HostOrder } from './here-files.ts'
import { hereFiles } from './here-files.ts'

const POLL_MS = 250
/** A trainer that is asked to stop saves a checkpoint first, which takes a while for a large model. */
const PATIENCE_MS = { terminate: 5 * 60_000, kill: 10 * 60_000 }

const order = JSON.parse((await readTextIfExists(process.argv[2]!))!) as HostOrder
const files = hereFiles(order)
try {
  await using _own = await acquireLock(files.lock)
  if (!(await exists(files.exit))) await writeJson(files.exit, await runJob())
} catch (error) {
  // Another host has this job.
  if (!(error instanceof InputError) || error.code !== 'LOCKED') throw error
}

async function runJob(): Promise<HostExit> {
  const turn = await takeTurn()
  if (turn === undefined) return { code: null, signal: null, reason: 'it was stopped before its turn came' }
  await using _turn = turn
  await using log = await open(files.log, 'a')
  const [program = '', ...args] = order.command
  // A separate process group: launchers do not pass every signal on to their child processes.
  const child = spawn(program, args, {
    cwd: order.folder,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    windowsHide: true,
  })
  try {
    await once(child, 'spawn')
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT') && !hasErrorCode(error, 'EACCES')) throw error
    return { code: null, signal: null, reason: `${program} cannot be run` }
  }
  const ended = once(child, 'close')
  await writeFile(files.started, '')
  const over = new AbortController()
  const watch = endWhereAsked(child.pid!, over.signal)
  await ended
  over.abort()
  await watch
  return { code: child.exitCode, signal: child.signalCode }
}

/** The lock of the queue; undefined if the job is stopped while it waits. */
async function takeTurn(): Promise<Lock | undefined> {
  for (;;) {
    if (await exists(files.stop)) return undefined
    try {
      return await acquireLock(order.queue)
    } catch (error) {
      if (!(error instanceof InputError) || error.code !== 'LOCKED') throw error
    }
    await wait(POLL_MS)
  }
}

/** The process is our child and has not been reaped, so no other process has its pid. */
async function endWhereAsked(pid: number, over: AbortSignal): Promise<void> {
  let waited = 0
  const sent = new Set<string>()
  const send = (signal: 'SIGTERM' | 'SIGKILL') => {
    if (sent.has(signal)) return
    sent.add(signal)
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal)
    } catch (error) {
      if (!hasErrorCode(error, 'ESRCH')) throw error
    }
  }
  try {
    for (;;) {
      await wait(POLL_MS, over)
      if (waited === 0 && !(await exists(files.stop))) continue
      waited += POLL_MS
      if (waited >= PATIENCE_MS.terminate) send('SIGTERM')
      if (waited >= PATIENCE_MS.kill) send('SIGKILL')
    }
  } catch (error) {
    if (!over.aborted) throw error
  }
}
