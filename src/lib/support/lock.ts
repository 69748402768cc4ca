import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { hasErrorCode, InputError, namingFile, ReversalError } from './errors.ts'
import { keepFresh } from './heartbeat.ts'
import { formatDuration } from './numbers.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { fateOf, thisProcess } from './process-identity.ts'
import { wait } from './wait.ts'

/** Content of a lock file; earlier versions wrote only pid and host. */
interface Holder extends ProcessIdentity {
  /** Unique to this acquisition of the lock. */
  key?: string
  /** When it was taken. */
  since?: string
}

/** A lock held by this process; dispose of it to release it. */
export interface Lock extends AsyncDisposable {
  /**
   * Aborts, with ReversalError LOCK_LOST, if another process has taken the lock because this one was silent for too
   * long. This process must then no longer write what the lock protects.
   */
  lost: AbortSignal
}

const POLL_MS = 20
/** If a holder cannot be looked up, its lock is taken over after this much silence. */
const STALE_MS = 60_000
/** A lock file is filled right after it is created. */
const AT_ONCE_MS = 500

/**
 * Acquires the lock file at a path. Waits for its holder up to `waitMs`, or until `signal` aborts; then throws
 * InputError LOCKED, which says who holds it, since when and how to free it. A lock is taken over at once if its
 * process is known to be gone, and after a minute of silence if that cannot be known, as on another machine or in
 * another container.
 *
 * Creates the file exclusively instead of by a hard link, as not every file system has links.
 */
export async function acquireLock(
  path: string,
  { waitMs = 0, signal }: { waitMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<Lock> {
  const start = Date.now()
  for (;;) {
    const content = JSON.stringify({
      ...thisProcess(),
      key: crypto.randomUUID(),
      since: new Date().toISOString(),
    })
    if (await take(path, content)) return hold(path, content)
    const found = await readHolder(path)
    const state = found === undefined ? { stale: false } : await stateOf(path, found)
    const waited = Date.now() - start
    if (state.stale) await free(path, found!)
    else if (waited >= Math.max(waitMs, found ? 0 : AT_ONCE_MS)) throw locked(path, found ?? '', state)
    if (found !== undefined) await wait(POLL_MS, signal)
  }
}

/** True if the lock at a path is held by a process that is alive, or may be. */
export async function isLocked(path: string): Promise<boolean> {
  const found = await readHolder(path)
  return found !== undefined && !(await stateOf(path, found)).stale
}

function hold(path: string, content: string): Lock {
  const lost = new AbortController()
  const beats = keepFresh(resolve(path), content, () => lost.abort(takenOver(path)))
  const release = async () => {
    beats[Symbol.dispose]()
    if ((await readHolder(path)) === content) await rm(path, { force: true })
  }
  return { lost: lost.signal, [Symbol.asyncDispose]: release }
}

/** Creates the file, which only one of several processes can do; false if it exists already. */
async function take(path: string, content: string): Promise<boolean> {
  try {
    await namingFile(path, () => create(path, content))
    return true
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return false
    if (!hasErrorCode(error, 'ENOENT')) throw error
    await mkdir(dirname(path), { recursive: true })
    return false
  }
}

async function create(path: string, content: string): Promise<void> {
  await using file = await open(path, 'wx')
  try {
    await file.writeFile(content)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** The content of a lock file: empty for a moment after its creation; undefined if there is none. */
async function readHolder(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

interface LockState {
  holder?: Holder
  stale: boolean
  /** Milliseconds since its last heartbeat; only if its process cannot be looked up. */
  silentMs?: number
}

async function stateOf(path: string, content: string): Promise<LockState> {
  const holder = parse(content)
  const fate = holder === undefined ? 'unknown' : fateOf(holder)
  if (fate !== 'unknown') return { ...(holder && { holder }), stale: fate === 'gone' }
  const silentMs = await silence(path)
  // A date in the future comes from a clock that has been corrected since: a living holder would have renewed it.
  return { ...(holder && { holder }), stale: Math.abs(silentMs) > STALE_MS, silentMs }
}

function parse(content: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(content)
    const { pid, host } = (value ?? {}) as Partial<Holder>
    return Number.isSafeInteger(pid) && typeof host === 'string' ? (value as Holder) : undefined
  } catch {
    return undefined
  }
}

/** Milliseconds since a lock's last sign of life, by the clock of the file system that dates it. */
async function silence(path: string): Promise<number> {
  const probe = `${path}.${crypto.randomUUID()}`
  try {
    const { mtimeMs } = await stat(path)
    return (await dateOfNewFile(probe)) - mtimeMs
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return 0
    throw error
  }
}

/** If no file can be created, this machine's clock is used. */
async function dateOfNewFile(path: string): Promise<number> {
  try {
    await using file = await open(path, 'wx')
    return (await file.stat()).mtimeMs
  } catch {
    return Date.now()
  } finally {
    await rm(path, { force: true }).catch(() => {})
  }
}

/**
 * Removes a stale lock. Several processes may find it: each checks, under a second lock, that the stale one is still
 * there, so that none removes a lock that another has taken meanwhile.
 */
async function free(path: string, stale: string): Promise<void> {
  const freeing = `${path}.freeing`
  const content = JSON.stringify({ ...thisProcess(), key: crypto.randomUUID() })
  if (await take(freeing, content)) {
    try {
      if ((await readHolder(path)) === stale) await rm(path, { force: true })
    } finally {
      await rm(freeing, { force: true })
    }
    return
  }
  // Its holder needs only microseconds; if it is gone, it was killed in that time.
  const other = await readHolder(freeing)
  if (other !== undefined && (await stateOf(freeing, other)).stale && (await readHolder(freeing)) === other)
    await rm(freeing, { force: true })
}

function takenOver(path: string): ReversalError {
  const message = `Another process has taken over ${dirname(path)}, as this process was silent for too long.`
  return new ReversalError(message, { code: 'LOCK_LOST' })
}

/** A signal for work under a lock: aborts when the given one does, or when the lock is lost. */
export function heldSignal({ lost }: Lock, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? lost : AbortSignal.any([signal, lost])
}

function locked(path: string, content: string, { holder, silentMs }: LockState): InputError {
  const { pid, host, since } = holder ?? parse(content) ?? {}
  const who = pid === undefined ? 'another process' : `process ${pid} on ${host}`
  const when = since === undefined ? '' : ` since ${since.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`
  const left = silentMs === undefined ? undefined : Math.max(1, STALE_MS - silentMs) / 1000
  const frees =
    left === undefined
      ? 'wait until it ends, or stop it'
      : `wait until it ends, or stop it; if it is gone, the lock is free in ${formatDuration(left)}`
  return new InputError(`${dirname(path)} is in use by ${who}${when}: ${frees}.`, {
    code: 'LOCKED',
  })
}

export { thisProcess } from './process-identity.ts'
