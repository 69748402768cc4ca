import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { InterruptedError, ReversalError } from '../../support/errors.ts'
import { siblingModule } from '../../support/sibling-module.ts'
import type { HostReply, HostTask } from './host-messages.ts'
import { unpackFailure } from './host-messages.ts'

const HOST = siblingModule('./host', import.meta.url)
/** Time for the process to end by itself, in ms. */
const PATIENCE = 500

/** A result, or the failure that ends a task. */
type Item<T> = { value: T } | { failure: Error }

/**
 * The process that runs llama.cpp. A task stops at once when its signal aborts, even in the middle of a
 * computation.
 */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #path: string
  readonly #streams = new Map<number, ReadableStreamDefaultController<Item<unknown>>>()
  #asked = 0
  #end: Error | undefined

  constructor(path: string) {
    this.#path = path
    this.#child = fork(fileURLToPath(HOST), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#child.on('message', (reply: HostReply) => this.#receive(reply))
    this.#child.once('exit', (code, signal) => this.#fail(this.#ended(code, signal)))
    this.#child.once('error', (error) => this.#fail(error))
  }

  /** The results of a task as they come. */
  async *ask<T>(task: HostTask, { signal }: { signal?: AbortSignal | undefined }): AsyncGenerator<T, void> {
    signal?.throwIfAborted()
    if (this.#end !== undefined) throw this.#end
    const id = this.#asked++
    const forget = () => {
      if (this.#streams.delete(id) && this.#child.connected) this.#child.send({ id, cancel: true })
    }
    const results = new ReadableStream<Item<T>>({
      start: (stream) => void this.#streams.set(id, stream),
      cancel: forget,
    })
    const stop = () => {
      this.#streams.get(id)?.error(signal!.reason)
      forget()
    }
    signal?.addEventListener('abort', stop)
    try {
      this.#child.send({ id, task })
      for await (const item of results) {
        if ('failure' in item) throw item.failure
        yield item.value
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** Ends the process, even in the middle of a computation. */
  async close(): Promise<void> {
    if (this.#end !== undefined) return
    const exit = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE)
    await exit
    clearTimeout(timer)
  }

  #receive(reply: HostReply): void {
    const stream = this.#streams.get(reply.id)
    if (stream === undefined) return
    if ('result' in reply) {
      stream.enqueue({ value: reply.result })
      return
    }
    this.#streams.delete(reply.id)
    // An error of the stream itself would discard results that have not been read yet.
    if ('failure' in reply) stream.enqueue({ failure: unpackFailure(reply.failure) })
    stream.close()
  }

  #fail(error: Error): void {
    this.#end ??= error
    for (const stream of this.#streams.values()) {
      stream.enqueue({ failure: error })
      stream.close()
    }
    this.#streams.clear()
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): Error {
    // Before it installs its own handler, Ctrl-C at the terminal ends it.
    if (signal === 'SIGINT') return new InterruptedError()
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`
    return new ReversalError(`The process that runs ${this.#path} in llama.cpp was ended ${how}.`, {
      code: 'GGUF_PROCESS_ENDED',
      suggestions: ['if memory ran out, lower --context-size or --threads, or use a smaller file'],
    })
  }
}
