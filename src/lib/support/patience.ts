/** Waits longer than this are reported to the user. */
export const NOTICEABLE_MS = 3_000

/** A wait, for the user to read. */
export interface Wait {
  /** A sentence: what for. */
  reason: string
  ms: number
  /** How many waits there were since the last success, this one among them; from the second on. */
  times?: number | undefined
  /** True where `ms` is the most that it can take, as nothing has been answered yet. */
  silent?: boolean
}

export interface PatienceSettings {
  /** Wait before the first repetition; each further one is twice as long. */
  backoffMs: number
  longestBackoffMs: number
  /** Tries of one request that may fail. */
  tries: number
  /** Tries of one request without a connection coming about; `tries` where it is not given. */
  offlineTries?: number | undefined
  /** Whether the tries that a server refuses for being too many count among `tries`. */
  refusalsCount: boolean
  /** Of the waits without a success that the server did not ask for, all together. */
  longestOwnWaitMs: number
  /** Of all waits without a success together. A server that asks for more is left for another time. */
  longestWaitMs: number
}

/** Why a request is to be repeated. */
export interface Trouble {
  /** `refused`: the server got too many requests; `offline`: no connection; `failed`: anything else. */
  kind: 'refused' | 'failed' | 'offline'
  /** The wait that the server asks for; zero or less is ignored. */
  askedMs?: number | undefined
}

/** Why there is no further try. */
export interface End {
  /** `tries`: there were too many; `asked`: the server asks for too long a wait; `drought`: too long without a success. */
  kind: 'tries' | 'asked' | 'drought'
  tries: number
  /** The wait asked for, or all waits since the last success. */
  ms: number
}

export type Verdict = { ms: number; times?: number } | { end: End }

/**
 * The one policy of waiting for servers. A repetition waits as long as its server asks for and never less
 * than our own backoff, so that a server that asks for no wait is not overloaded; all waits together end
 * where nothing succeeds.
 * One object serves all requests to a server; every `now` is in milliseconds of one clock.
 */
export class Patience {
  readonly settings: PatienceSettings
  #waits = 0
  #ownMs = 0
  #totalMs = 0
  #waitedUntil = 0
  #rounds = 0
  #pausedUntil = 0

  constructor(settings: PatienceSettings) {
    this.settings = settings
  }

  /** The patience for one request. */
  request(): RequestPatience {
    return new RequestPatience(this)
  }

  /** The server did what it was asked to. */
  succeeded(): void {
    this.#waits = this.#ownMs = this.#totalMs = this.#rounds = 0
  }

  /**
   * How long a server that refused a request is to be left alone by all of them: as long as it asks for and, where it
   * refuses even what comes one at a time, ever longer. Refusals of what was sent before the last such pause say no more.
   */
  pauseAll({ askedMs = 0, alone, sentAt }: PauseOptions, now: number): number {
    if (!alone || sentAt < this.#pausedUntil) return Math.max(0, askedMs)
    const ms = Math.max(askedMs, this.backoff(this.#rounds++))
    const { longestOwnWaitMs, longestWaitMs } = this.settings
    // If patience ends anyway, waiting requests must learn of it now.
    if (this.#totalMs + ms > longestWaitMs || (askedMs < ms && this.#ownMs + ms > longestOwnWaitMs)) return 0
    this.#pausedUntil = now + ms
    this.count(ms, { asked: askedMs >= ms }, now)
    return ms
  }

  /**
   * The wait before a repetition, the first being 0: less up to a quarter by chance, so that requests that failed
   * together do not come back together.
   */
  backoff(repetition: number): number {
    const { backoffMs, longestBackoffMs } = this.settings
    return Math.min(longestBackoffMs, backoffMs * 2 ** repetition) * (1 - Math.random() / 4)
  }

  /** Time in which nothing succeeded; what several requests wait at the same time counts once. */
  count(ms: number, { asked }: { asked: boolean }, now: number): void {
    const added = Math.max(0, now + ms - Math.max(now, this.#waitedUntil))
    this.#waitedUntil = Math.max(this.#waitedUntil, now + ms)
    this.#totalMs += added
    if (!asked) this.#ownMs += added
  }

  /** Use up a wait, if patience allows it. */
  take(ms: number, { asked, tries }: { asked: boolean; tries: number }, now: number): Verdict {
    const { longestOwnWaitMs, longestWaitMs } = this.settings
    if (asked && ms > longestWaitMs) return { end: { kind: 'asked', tries, ms } }
    const total = this.#totalMs
    if (total + ms > longestWaitMs || (!asked && this.#ownMs + ms > longestOwnWaitMs)) {
      return {
        end: asked && total === 0 ? { kind: 'asked', tries, ms } : { kind: 'drought', tries, ms: total },
      }
    }
    this.count(ms, { asked }, now)
    const times = ++this.#waits
    return times === 1 ? { ms } : { ms, times }
  }
}

interface PauseOptions {
  askedMs?: number | undefined
  /** The server has no other request of ours. */
  alone: boolean
  /** When the refused request was sent. */
  sentAt: number
}

/** How often and how long one request is repeated. */
class RequestPatience {
  readonly #server: Patience
  #troubles = 0
  #counted = 0
  #offline = 0

  constructor(server: Patience) {
    this.#server = server
  }

  /** How long to wait before the next try, or why there is none. */
  after({ kind, askedMs = 0 }: Trouble, now: number): Verdict {
    const { tries, offlineTries = tries, refusalsCount } = this.#server.settings
    if (kind !== 'refused' || refusalsCount) this.#counted++
    if (kind === 'offline') this.#offline++
    if (this.#counted >= tries || this.#offline >= offlineTries) {
      return { end: { kind: 'tries', tries: this.#counted, ms: 0 } }
    }
    const own = this.#server.backoff(this.#troubles++)
    const asked = askedMs > own
    return this.#server.take(asked ? askedMs : own, { asked, tries: this.#counted }, now)
  }

  /** The same for a pause that the server wants before a try. */
  pause(ms: number, now: number): Verdict {
    return this.#server.take(ms, { asked: true, tries: this.#counted }, now)
  }

  /** Time that passed without an answer, beside the waits. */
  spend(ms: number, now: number): void {
    this.#server.count(ms, { asked: false }, now - ms)
  }
}
