import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** A fifth of a second, and longer in a process that gets little time, as its reader takes longer too. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setTimeout(10)
}

export const COMMIT = 'a'.repeat(40)

/** The Hub's answers for one repository, with its large files at a second address, as the real one has them. */
export class FakeHub implements AsyncDisposable {
  endpoint = ''
  readonly requests: {
    server: 'hub' | 'store'
    method: string
    path: string
    authorization?: string
    range?: string
  }[] = []
  /** Answers the next requests instead, one each; undefined lets one through. */
  readonly faults: ((response: ServerResponse) => void)[] = []
  /** Bytes after which the store breaks a connection, one each. */
  readonly breaks: number[] = []
  /** What the store sends in place of a file. */
  readonly replaced = new Map<string, Buffer>()
  /** Claimed sizes. */
  readonly sizes = new Map<string, number>()
  readonly #files: Map<string, Buffer>
  readonly #servers: ReturnType<typeof createServer>[] = []
  #store = ''

  private constructor(files: Map<string, Buffer>) {
    this.#files = files
  }

  static async of(folder: string, name: string): Promise<FakeHub> {
    const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile())
    const files = await Promise.all(
      names.map(async (entry) => [entry.name, await readFile(join(folder, entry.name))] as const),
    )
    const hub = new FakeHub(new Map(files))
    hub.#store = await hub.#listen((request, response) => hub.#send(request, response))
    hub.endpoint = await hub.#listen((request, response) => hub.#answer(name, request, response))
    return hub
  }

  remove(file: string): void {
    this.#files.delete(file)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }

  async #listen(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
    const server = createServer(handler)
    this.#servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  #note(server: 'hub' | 'store', { method = '', url = '', headers }: IncomingMessage): void {
    const { authorization, range } = headers
    this.requests.push({
      server,
      method,
      path: url,
      ...(authorization && { authorization }),
      ...(range && { range }),
    })
  }

  #answer(name: string, request: IncomingMessage, response: ServerResponse): void {
    this.#note('hub', request)
    const fault = this.faults.shift()
    if (fault !== undefined) {
      fault(response)
      return
    }
    const { pathname } = new URL(request.url!, this.endpoint)
    if (['main', COMMIT].some((revision) => pathname === `/api/models/${name}/revision/${revision}`)) {
      const siblings = [...this.#files.keys()].map((rfilename) => ({ rfilename }))
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ sha: COMMIT, siblings }))
      return
    }
    if (pathname.startsWith('/api/models/')) {
      const code = pathname.startsWith(`/api/models/${name}/`) ? 'RevisionNotFound' : 'RepoNotFound'
      response.writeHead(code === 'RepoNotFound' ? 401 : 404, { 'x-error-code': code }).end()
      return
    }
    const file = pathname.slice(`/${name}/resolve/${COMMIT}/`.length)
    const bytes = this.#files.get(file)!
    const large = file.endsWith('.safetensors')
    if (large) {
      response.writeHead(302, {
        location: `${this.#store}/${file}`,
        'x-linked-etag': `"${createHash('sha256').update(bytes).digest('hex')}"`,
        'x-linked-size': this.sizes.get(file) ?? bytes.length,
      })
      response.end()
      return
    }
    const etag = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
    response.writeHead(200, { etag: `"${etag}"`, 'content-length': bytes.length })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }

  #send(request: IncomingMessage, response: ServerResponse): void {
    this.#note('store', request)
    const file = request.url!.slice(1)
    const bytes = this.replaced.get(file) ?? this.#files.get(file)!
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': bytes.length - start })
    const length = this.breaks.shift()
    if (length === undefined) response.end(bytes.subarray(start))
    else if (length === 0) response.destroy()
    else {
      response.write(bytes.subarray(start, start + length))
      // A connection that breaks at once takes with it what its reader has not read.
      void turns().then(() => response.socket?.end())
    }
  }
}
