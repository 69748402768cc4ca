import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { hasErrorCode } from './errors.ts'

/** A lock to keep fresh, or, without content, one to forget. */
export interface Heartbeat {
  path: string
  content?: string | undefined
}

const held = new Map<string, string>()

/**
 * Write what is there over itself: the file system then dates the file by its own clock, which is the one that others
 * compare with. False where the lock is no longer this process's.
 */
function beat(path: string, content: string): boolean {
  let file: number | undefined
  try {
    file = openSync(path, 'r+')
    if (readFileSync(file, 'utf8') !== content) return false
    writeSync(file, content, 0)
    return true
  } catch (error) {
    // A full disk or a lost connection passes; until then the lock counts as fresh for a while.
    return !hasErrorCode(error, 'ENOENT')
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function beatAll(): void {
  for (const [path, content] of held) {
    if (beat(path, content)) continue
    held.delete(path)
    parentPort!.postMessage(path)
  }
}

parentPort!.on('message', ({ path, content }: Heartbeat) => {
  if (content === undefined) held.delete(path)
  else held.set(path, content)
})
setInterval(beatAll, workerData.beatMs)
