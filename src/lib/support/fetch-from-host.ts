import type { Agent } from 'undici'
import { openConnections } from './connections.ts'
import { InputError } from './errors.ts'

const MOST_REDIRECTS = 5
/** Status codes of redirects that keep method and body. */
const KEEPING = [307, 308]

/** A `fetch` with its own connections. */
export interface OpenedFetch {
  fetch: typeof fetch
  /** Cuts all its connections. */
  close(): Promise<void>
}

/**
 * A `fetch` that follows redirects only on the same host and only if the request stays the same, as the contents of a
 * request (prompts, keys, account names) are meant for that host. Throws InputError REDIRECTED, BAD_PROXY.
 */
export async function openFetch(options: Agent.Options = {}): Promise<OpenedFetch> {
  const [{ Dispatcher1Wrapper }, connections] = await Promise.all([
    import('undici'),
    openConnections(options),
  ])
  // undici's connections, wrapped so that the `fetch` of every supported Node version can use them.
  const dispatcher = new Dispatcher1Wrapper(connections)
  const send = (url: URL, init: RequestInit) =>
    fetch(url, { ...init, redirect: 'manual', dispatcher } as unknown as RequestInit)
  return { fetch: fetchWith(send), close: () => connections.destroy() }
}

function fetchWith(send: (url: URL, init: RequestInit) => Promise<Response>): typeof fetch {
  return async (input, init = {}) => {
    const { method = 'GET' } = init
    let url = new URL(input instanceof Request ? input.url : input)
    for (let redirects = 0; ; redirects++) {
      const response = await send(url, init)
      const { status } = response
      const target = status >= 300 && status < 400 ? locationOf(response, url) : undefined
      if (target === undefined) return response
      await response.body?.cancel()
      const there = `${url.origin} redirects to ${target.origin}${target.pathname} (${status})`
      if (!isSameHost(url, target)) {
        throw redirected(`${there}, which is another host; redirects to other hosts are not followed.`)
      }
      if (!KEEPING.includes(status) && method.toUpperCase() !== 'GET') {
        throw redirected(`${there}, and such a redirect would turn the request into another.`)
      }
      if (redirects === MOST_REDIRECTS) throw redirected(`${there}, after ${redirects} other redirects.`)
      url = target
    }
  }
}

function locationOf(response: Response, url: URL): URL | undefined {
  const location = response.headers.get('location')
  return location === null ? undefined : (URL.parse(location, url.href) ?? undefined)
}

/** A redirect may add encryption but never remove it. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.host === to.host && from.protocol === to.protocol) return true
  return from.hostname === to.hostname && from.protocol === 'http:' && to.protocol === 'https:'
}

function redirected(message: string): InputError {
  return new InputError(message, {
    code: 'REDIRECTED',
    suggestions: ['if you mean that server, use its address'],
  })
}
