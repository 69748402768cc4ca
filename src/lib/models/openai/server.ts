import { InputError } from '../../support/errors.ts'
import type { Wait } from '../../support/patience.ts'
import { shownAddress } from '../../support/shown-address.ts'

export const OPENAI_URL = 'https://api.openai.com/v1'

/** Hosts whose owners sell access by key: OpenAI and, under its v1 URL, Azure. */
const OFFICIAL = /(^|\.)(openai\.com|openai\.azure\.com|services\.ai\.azure\.com)$/

/** A server with OpenAI's API, and how to use it. */
export interface ServerOptions {
  /** Such as `http://127.0.0.1:8000/v1`; OpenAI's by default. */
  baseUrl?: string | undefined
  apiKey?: string | undefined
  organization?: string | undefined
  project?: string | undefined
  /** Maximum number of requests in flight; the server may turn out to accept fewer. */
  concurrency?: number | undefined
  /** Milliseconds to wait for one answer. */
  timeoutMs?: number | undefined
  /** Milliseconds before the first repetition of a failed request; doubled for each further one. */
  backoffMs?: number | undefined
  /** How long to wait without any success, apart from waits that the server asks for, in ms. */
  patienceMs?: number | undefined
  /** Ends every request and every wait. */
  signal?: AbortSignal | undefined
  /** Called for each wait that a user would notice. */
  onWait?: ((wait: Wait) => void) | undefined
}

/** The options with their defaults. */
export interface Server {
  baseUrl: string
  /** How messages name it. */
  name: string
  /** A server of OpenAI or Azure, which accepts only known parameters. */
  official: boolean
  apiKey: string | undefined
  organization: string | null
  project: string | null
  concurrency: number
  timeoutMs: number
  backoffMs: number
  patienceMs: number
  signal: AbortSignal | undefined
  onWait: (wait: Wait) => void
}

/**
 * Fills in the defaults. Throws InputError BAD_BASE_URL, BAD_HEADER for characters that cannot be sent, or
 * API_KEY_MISSING if the server is known to require one.
 */
export function resolveServer({ baseUrl = OPENAI_URL, ...options }: ServerOptions): Server {
  const url = parseUrl(baseUrl)
  const address = addressOf(url)
  const apiKey = options.apiKey?.trim()
  const official = OFFICIAL.test(url.hostname)
  if (official && !apiKey) {
    throw new InputError(`OPENAI_API_KEY is not set, and ${url.hostname} needs a key.`, {
      code: 'API_KEY_MISSING',
      suggestions: [
        'set OPENAI_API_KEY in the environment or in a .env file of the working directory',
        'for your own server: --base-url URL',
      ],
    })
  }
  refuseUnsendable({ OPENAI_API_KEY: apiKey, organization: options.organization, project: options.project })
  return {
    baseUrl: address,
    name: address === OPENAI_URL ? 'OpenAI' : address,
    official,
    apiKey: apiKey || undefined,
    organization: options.organization ?? null,
    project: options.project ?? null,
    concurrency: options.concurrency ?? 256,
    timeoutMs: options.timeoutMs ?? 600_000,
    backoffMs: options.backoffMs ?? 500,
    patienceMs: options.patienceMs ?? 900_000,
    signal: options.signal,
    onWait: options.onWait ?? (() => {}),
  }
}

/** Characters that a header may contain; a key is never quoted, not even an invalid one. */
const SENDABLE = /^[\x20-\x7e]*$/

function refuseUnsendable(values: Record<string, string | undefined>): void {
  const name = Object.keys(values).find((key) => !SENDABLE.test(values[key] ?? ''))
  if (name === undefined) return
  const what = name === 'OPENAI_API_KEY' ? `The key in ${name}` : `The name of the ${name}`
  throw new InputError(`${what} holds a line break or a character that no server accepts: copy it again.`, {
    code: 'BAD_HEADER',
  })
}

/**
 * A key is sent only to the server that the user sets now, as a record could name any server. InputError SERVER_DIFFERS
 * if the recorded one differs; `what` is recorded there, such as "the run".
 */
export function otherServer(what: string, recorded: string, named: string = OPENAI_URL) {
  const now = addressOf(parseUrl(named))
  if (recorded === now) return undefined
  return new InputError(`The server of ${what} is ${recorded}, not ${now}: use --base-url ${recorded}.`, {
    code: 'SERVER_DIFFERS',
  })
}

function addressOf({ href }: URL): string {
  return href.replace(/\/+$/, '')
}

/** A base URL is stored with results, so it must contain neither a password nor any other secret. */
function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw badUrl(`The base URL ${shownAddress(text)} is not an address such as http://127.0.0.1:8000/v1.`)
  }
  const shown = `${url.origin}${url.pathname}`
  if (url.username || url.password) {
    throw badUrl(`The base URL ${shown} holds a user name or password: keys belong in OPENAI_API_KEY.`)
  }
  if (url.search || url.hash) {
    throw badUrl(`The base URL ${shown} holds more than an address: leave out the part from ? or # on.`)
  }
  return url
}

function badUrl(message: string): InputError {
  return new InputError(message, { code: 'BAD_BASE_URL' })
}
