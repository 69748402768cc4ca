import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Waits, as the holder of its namespaces, until its input ends. */
const HOLD = `mount -t tmpfs none "$1" && mkdir "$1/inner" && ip link set lo up && ip addr add 10.99.0.1/32 dev lo && echo up && exec cat`

/**
 * A network that nothing else is on, with a disk of its own: a Ray head listens on every address that it finds. Programs
 * of a cluster run inside; the CLI shares the network alone, and so does not see the disk.
 */
export class LonelyNetwork implements AsyncDisposable {
  readonly #holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  /** Undefined where this machine lets nobody make one. `disk` is a folder that the inside has something else at. */
  static async open({ disk }: { disk: string }): Promise<LonelyNetwork | undefined> {
    const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
    const holder = spawn('unshare', [...asRoot, '--net', '--mount', 'sh', '-c', HOLD, 'sh', disk], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const failed = once(holder, 'error').then(() => undefined)
    for await (const line of createInterface(holder.stdout!))
      if (line === 'up') return new LonelyNetwork(holder)
    if (holder.pid === undefined) await failed
    return undefined
  }

  /** A command as it is given inside; with `disk`, it sees the disk too. */
  inside(argv: readonly string[], { disk = false }: { disk?: boolean } = {}): [string, string[]] {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials']
    const target = ['--target', String(this.#holder.pid), '--net', ...(disk ? ['--mount'] : [])]
    return ['nsenter', [...user, ...target, '--', ...argv]]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#holder, 'exit')
    this.#holder.stdin?.end()
    await ended
  }
}
