import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { hasErrorCode } from './errors.ts'

/** A lock to keep fresh; without content, a lock to stop keeping fresh. */
export interface Heartbeat {
  path: string
  content?: string | undefined
}

const held = new Map<string, string>()

/**
 * Overwrites the file with its own content: the file system then dates it by its own clock, which other processes
 * compare with. False if the lock no longer belongs to this process.
 */
function beat(path: string, content: string): boolean {
  let file: number | undefined
  try {
    file = openSync(path, 'r+')
    if (readFileSync(file, 'utf8') !== content) return false
    writeSync(file, content, 0)
    return true
  } catch (error) {
    // A full disk or a lost connection may pass; the lock stays valid for a while meanwhile.
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
