/** A fault of the connection to a server. */
export interface ConnectionFault {
  /** `offline`: no connection, so nothing was sent; `cut`: it broke off; `silent`: no data came through it. */
  kind: 'offline' | 'cut' | 'silent'
  /** Such as `ECONNREFUSED`. */
  code: string
  /** A clause for the user. */
  reason: string
}

const OFFLINE: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host name cannot be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  EHOSTDOWN: 'there is no route to the host',
  ENETUNREACH: 'there is no network',
  ENETDOWN: 'there is no network',
  EADDRNOTAVAIL: 'this machine has no free port left',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not respond',
}

const CERTIFICATE = /CERT|_TLS_|_SSL_|EPROTO|VERIFY/
const SILENT = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/
const CUT = /^(ECONN(RESET|ABORTED)|EPIPE|ETIMEDOUT|ENETRESET|ENOTCONN|HPE_.*|UND_ERR_.*)$/
/** undici's message when a proxy refuses a request. */
const PROXY = /^Proxy response \((\d+)\)/

/** The one table of connection faults: finds one anywhere in a chain of causes; undefined for other errors. */
export function connectionFault(error: unknown): ConnectionFault | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = '', syscall, message } = cause as NodeJS.ErrnoException
    const [, refusal] = PROXY.exec(message) ?? []
    if (refusal !== undefined) return offline(code, `the proxy refuses it (${refusal})`)
    if (CERTIFICATE.test(code)) return offline(code, 'its certificate is not valid')
    const reason = OFFLINE[code] ?? (syscall === 'connect' ? OFFLINE.UND_ERR_CONNECT_TIMEOUT : undefined)
    if (reason !== undefined) return offline(code, reason)
    if (SILENT.test(code)) return { kind: 'silent', code, reason: 'no data came for too long' }
    if (CUT.test(code)) return { kind: 'cut', code, reason: 'it was cut' }
  }
  // `fetch` gives no code for ports that browsers block, among others.
  if (error instanceof TypeError && error.message === 'fetch failed') return noConnection()
  return undefined
}

/** The fault of an address to which no connection is ever tried. */
export function noConnection(): ConnectionFault {
  return offline('NO_CONNECTION', 'no connection can be made to that address')
}

function offline(code: string, reason: string): ConnectionFault {
  return { kind: 'offline', code, reason }
}
