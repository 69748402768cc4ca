import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What the client gets instead of an answer: a status of the proxy, or a cut connection. */
export type Loss = number | 'cut'

/**
 * A proxy on the loopback interface that forwards all requests and, if `lose` says so, drops the answer, like a proxy
 * that loses the connection behind it. `lose` receives `METHOD /path` of each request.
 */
export async function startLossyProxy(
  target: string,
  lose: (request: string) => Loss | undefined,
): Promise<{ url: string } & AsyncDisposable> {
  const { origin, pathname } = new URL(target)
  const server = createServer((request, response) => void forward(request, response))

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request
    const body = await buffer(request)
    const { host: _host, connection: _connection, 'transfer-encoding': _encoding, ...handedOn } = headers
    const answer = await fetch(`${origin}${url}`, {
      method,
      headers: handedOn as Record<string, string>,
      ...(body.length > 0 && { body }),
    })
    const content = Buffer.from(await answer.arrayBuffer())
    const loss = lose(`${method} ${new URL(url, origin).pathname.replace(pathname, '')}`)
    if (loss === 'cut') return void response.destroy()
    if (loss === undefined) {
      const type = answer.headers.get('content-type') ?? 'application/json'
      return void response.writeHead(answer.status, { 'content-type': type }).end(content)
    }
    response.writeHead(loss, { 'content-type': 'text/html' }).end('<html>The connection was lost.</html>')
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
