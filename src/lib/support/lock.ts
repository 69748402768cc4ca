import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { hasErrorCode, InputError } from './errors.ts'

interface Owner {
  pid: number
  host: string
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
 * Take the lock file at a path, or throw InputError naming the process that holds it. A lock whose process
 * is gone is taken over. Dispose of the result to let go.
 */
export async function acquireLock(path: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true })
  const own = JSON.stringify({ pid: process.pid, host: hostname() })
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await using file = await open(path, 'wx')
      await file.writeFile(own)
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    } catch (error) {
      if (!hasErrorCode(error, 'EEXIST')) throw error
    }
    const owner = await readOwner(path)
    if (owner !== undefined && isAlive(owner)) {
      throw new InputError(
        `${dirname(path)} is being written by process ${owner.pid} on ${owner.host}: wait for its end or stop it.`,
        { code: 'LOCKED' },
      )
    }
    await rm(path, { force: true })
  }
  throw new InputError(`${dirname(path)} is being written by another process.`, { code: 'LOCKED' })
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}
