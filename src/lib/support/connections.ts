import type { Agent, Dispatcher } from 'undici'
import { InputError } from './errors.ts'

/** The proxies that an environment names; empty texts if it names none. */
export interface Proxies {
  httpProxy: string
  httpsProxy: string
  /** Hosts that are reached without a proxy. */
  noProxy: string
}

const SCHEMES = ['http:', 'https:', 'socks5:', 'socks:']

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; as in curl, lower-case spellings win. Throws InputError BAD_PROXY
 * for an invalid address, without repeating it: it may contain a password.
 */
export function proxiesOf(env: Readonly<NodeJS.Dict<string>>): Proxies {
  const httpProxy = readProxy(env, 'HTTP_PROXY')
  return {
    httpProxy,
    httpsProxy: readProxy(env, 'HTTPS_PROXY') || httpProxy,
    noProxy: variableOf(env, 'NO_PROXY').trim(),
  }
}

/**
 * Connections to servers, through the proxies of the environment. These belong to the machine's network rather than to
 * any option, so they are read here for every part that sends requests.
 */
export async function openConnections(options: Agent.Options = {}): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici')
  return new EnvHttpProxyAgent({ ...options, ...proxiesOf(process.env) })
}

/** Suggestions for when a server cannot be reached; none if the environment names no proxy. */
export function proxyHints(env: Readonly<NodeJS.Dict<string>> = process.env): string[] {
  const name = ['HTTPS_PROXY', 'HTTP_PROXY'].find((variable) => variableOf(env, variable) !== '')
  return name === undefined ? [] : [`check the proxy in ${name}, or add the host to NO_PROXY`]
}

function readProxy(env: Readonly<NodeJS.Dict<string>>, name: string): string {
  const text = variableOf(env, name).trim()
  if (text === '') return ''
  const url = URL.parse(/^[a-z\d+.-]+:\/\//i.test(text) ? text : `http://${text}`)
  if (url !== null && SCHEMES.includes(url.protocol)) return url.href
  throw new InputError(`${name} is not the address of a proxy, such as http://proxy.example.org:3128.`, {
    code: 'BAD_PROXY',
  })
}

function variableOf(env: Readonly<NodeJS.Dict<string>>, name: string): string {
  return env[name.toLowerCase()] ?? env[name] ?? ''
}
