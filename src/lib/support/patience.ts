/** Waits longer than this are reported to the user. */
export const NOTICEABLE_MS = 3_000

/** A wait, for the user to read. */
export interface Wait {
  /** A sentence: what for. */
  reason: string
  ms: number
  /** How many waits there were since the last success, this one among them; from the second on. */
  times?: number | undefined
  /** True if nothing has been answered yet, so that `ms` is only an upper limit. */
  silent?: boolean
}

export interface PatienceSettings {
  /** Wait before the first repetition; each further one is twice as long. */
  backoffMs: number
  longestBackoffMs: number
  /** Maximum number of failed tries of one request. */
  tries: number
  /** Maximum number of tries of one request without a connection; `tries` by default. */
  offlineTries?: number | undefined
  /** Whether tries that the server refuses because of its rate limit count among `tries`. */
  refusalsCount: boolean
  /** Limit to the sum of waits since the last success that the server did not ask for, in ms. */
  longestOwnWaitMs: number
  /**
   * Limit to the sum of all waits since the last success, in ms. If a server asks for a longer wait, the work stops and
   * can be resumed later.
   */
  longestWaitMs: number
}

/** Why a request is to be repeated. */
export interface Trouble {
  /** `refused`: too many requests for the server; `offline`: no connection; `failed`: anything else. */
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
 * The one policy for waiting for servers. A retry waits as long as the server asks and never less than our own backoff,
 * so that a server that asks for no wait is not overloaded. The sum of all waits is limited if nothing succeeds.
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

  /** Records that a request succeeded. */
  succeeded(): void {
    this.#waits = this.#ownMs = this.#totalMs = this.#rounds = 0
  }

  /**
   * How long all requests must pause after a refusal: as long as the server asks and, if it refuses even requests sent
   * one at a time, longer each time. Refusals of requests that were sent before the last such pause are ignored.
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

  /** Adds time in which nothing succeeded; waits of several requests at the same time count once. */
  count(ms: number, { asked }: { asked: boolean }, now: number): void {
    const added = Math.max(0, now + ms - Math.max(now, this.#waitedUntil))
    this.#waitedUntil = Math.max(this.#waitedUntil, now + ms)
    this.#totalMs += added
    if (!asked) this.#ownMs += added
  }

  /** Uses up a wait, if patience allows it. */
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
  /** True if the server has no other request of ours. */
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

  /** Like `after`, for a pause that the server asks for before a try. */
  pause(ms: number, now: number): Verdict {
    return this.#server.take(ms, { asked: true, tries: this.#counted }, now)
  }

  /** Adds time that passed without an answer, apart from waits. */
  spend(ms: number, now: number): void {
    this.#server.count(ms, { asked: false }, now - ms)
  }
}
