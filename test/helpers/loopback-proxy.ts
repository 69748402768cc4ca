import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'

/** A proxy on a free port of the loopback interface that lets everything through, to this machine whatever the host. */
export class LoopbackProxy implements AsyncDisposable {
  /** What was requested: the address of a plain request, the host of a tunnel. */
  readonly seen: string[] = []
  readonly #server = createServer((incoming, answer) => {
    const { port, pathname, search } = new URL(incoming.url!)
    this.seen.push(incoming.url!)
    const { method, headers } = incoming
    const onward = request({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (reply) => {
      answer.writeHead(reply.statusCode!, reply.headers)
      reply.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    incoming.pipe(onward)
  })

  async start(): Promise<this> {
    this.#server.on('connect', (incoming, socket) => {
      this.seen.push(incoming.url!)
      const onward = connect(Number(incoming.url!.split(':').at(-1)), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(onward).pipe(socket)
      })
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
