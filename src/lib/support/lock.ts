import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { hasErrorCode, InputError } from './errors.ts'
import { wait } from './wait.ts'

interface Owner {
  pid: number
  host: string
}

const POLL_MS = 20

/** What `isAlive` knows this process by. */
export function thisProcess(): Owner {
  return { pid: process.pid, host: hostname() }
}

/** True unless the process is known to be gone: one on another machine counts as living. */
export function isAlive({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasErrorCode(error, 'EPERM')
  }
}

/**
 * Take the lock file at a path, waiting up to `waitMs` for its owner to let go; then throws InputError LOCKED, which
 * names the process that holds it. A lock whose process is gone is taken over. Dispose of the result to let go.
 */
export async function acquireLock(
  path: string,
  { waitMs = 0, signal }: { waitMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true })
  for (const end = Date.now() + waitMs; ; await wait(POLL_MS, signal)) {
    if (await take(path)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    const owner = await readOwner(path)
    if (owner !== undefined && !isAlive(owner)) await removeStale(path, owner)
    else if (Date.now() >= end) throw locked(path, owner)
  }
}

/** A link appears with its content or not at all, so nobody ever reads a lock without its owner. */
async function take(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`
  try {
    await writeFile(own, JSON.stringify(thisProcess()))
    await link(own, path)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(own, { force: true })
  }
}

/** Of several that find the same stale lock one moves it away; a lock taken in between is put back. */
async function removeStale(path: string, stale: Owner): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
    const moved = await readOwner(aside)
    if (moved !== undefined && (moved.pid !== stale.pid || moved.host !== stale.host)) await link(aside, path)
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT') && !hasErrorCode(error, 'EEXIST')) throw error
  } finally {
    await rm(aside, { force: true })
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

function locked(path: string, owner: Owner | undefined): InputError {
  const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
  return new InputError(`${dirname(path)} is being written by ${who}: wait for its end or stop it.`, {
    code: 'LOCKED',
  })
}
