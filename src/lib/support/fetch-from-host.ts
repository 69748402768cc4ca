import type { Agent } from 'undici'
import { openConnections } from './connections.ts'
import { InputError } from './errors.ts'

const MOST_REDIRECTS = 5
/** Redirects that keep method and body. */
const KEEPING = [307, 308]

/** `fetch` with connections of its own. */
export interface OpenedFetch {
  fetch: typeof fetch
  /** Cut all its connections. */
  close(): Promise<void>
}

/**
 * `fetch` that stays with its host: the contents of a request (prompts, keys, account names) are for that
 * host only. A redirect on the same host is followed where the request stays the same. Throws InputError
 * REDIRECTED,
 * BAD_PROXY.
 */
export async function openFetch(options: Agent.Options = {}): Promise<OpenedFetch> {
  const [{ Dispatcher1Wrapper }, connections] = await Promise.all([
    import('undici'),
    openConnections(options),
  ])
  // The connections are undici's, wrapped so that the `fetch` of each Node version can use them.
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

/** Encryption may be added on the way, but never taken off. */
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
