import type { Worker } from 'node:worker_threads'
import type { Heartbeat } from './heartbeat-worker.ts'
import { siblingModule } from './sibling-module.ts'

const BEAT_MS = 5000
/** Most locks are released within milliseconds, so they need neither heartbeat nor worker. */
const FIRST_MS = 1000

const WORKER = siblingModule('./heartbeat-worker', import.meta.url)

let worker: Worker | undefined
const onLost = new Map<string, () => void>()

/**
 * Keeps a lock file's date fresh until the result is disposed of, and calls `lost` when the lock belongs to another
 * process. Runs in its own thread, as a training step or a blocking call may keep this one busy for minutes.
 */
export function keepFresh(path: string, content: string, lost: () => void): Disposable {
  onLost.set(path, lost)
  const timer = setTimeout(() => post({ path, content }), FIRST_MS)
  timer.unref()
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      onLost.delete(path)
      if (worker !== undefined) post({ path })
    },
  }
}

function post(message: Heartbeat): void {
  worker ??= startWorker()
  worker.postMessage(message)
}

function startWorker(): Worker {
  // Loading it takes 5 ms, which commands without long locks should not spend.
  const { Worker: Thread } = process.getBuiltinModule('node:worker_threads')
  const started = new Thread(WORKER, { workerData: { beatMs: BEAT_MS } })
  started.on('message', (path: string) => onLost.get(path)?.())
  // Even without a heartbeat, a lock stays valid if its process can be looked up.
  started.on('error', () => {})
  started.unref()
  return started
}
