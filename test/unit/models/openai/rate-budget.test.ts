import { expect } from 'chai'
import fc from 'fast-check'
import { RateBudget } from '../../../../src/lib/models/openai/rate-budget.ts'

const MINUTE = 60_000

interface SimulatedServer {
  /** Take a request in at a time; false where that is one too many. */
  take(now: number): boolean
  reading(now: number): { limit: number; remaining: number; resetMs: number }
}

/** A limit that fills up steadily, as OpenAI's. */
function steady(limit: number): SimulatedServer {
  let level = limit
  let at = 0
  const fill = (now: number) => {
    level = Math.min(limit, level + ((now - at) * limit) / MINUTE)
    at = now
  }
  return {
    take(now) {
      fill(now)
      return level >= 1 && level-- >= 1
    },
    reading(now) {
      fill(now)
      return { limit, remaining: Math.floor(level), resetMs: ((limit - level) * MINUTE) / limit }
    },
  }
}

/** A limit that starts anew each minute, whose reset is told in whole seconds. */
function eachMinute(limit: number): SimulatedServer {
  const taken = new Map<number, number>()
  const minute = (now: number) => Math.floor(now / MINUTE)
  return {
    take(now) {
      const used = (taken.get(minute(now)) ?? 0) + 1
      taken.set(minute(now), used)
      return used <= limit
    },
    reading(now) {
      const left = (minute(now) + 1) * MINUTE - now
      const remaining = Math.max(0, limit - (taken.get(minute(now)) ?? 0))
      return { limit, remaining, resetMs: Math.floor(left / 1000) * 1000 }
    },
  }
}

const IN_FLIGHT = 50

/** Send as fast as the budget allows, with answers after `latency`; what was used and refused in minutes 2 to 4. */
function simulate(server: SimulatedServer, { latency }: { latency: number }) {
  const budget = new RateBudget()
  const answers: (() => void)[][] = []
  let used = 0
  let refused = 0
  let inFlight = 0
  for (let now = 0; now < 4 * MINUTE; now++) {
    for (const learn of answers[now] ?? []) learn()
    inFlight -= answers[now]?.length ?? 0
    for (; inFlight < IN_FLIGHT && budget.readyAt(1, now) <= now; inFlight++) {
      const [mark, sentAt] = [budget.spend(1, now), now]
      const taken = server.take(now)
      if (now >= MINUTE) taken ? used++ : refused++
      const reading = server.reading(now)
      answers[now + latency] ??= []
      answers[now + latency]!.push(() => budget.learn(reading, { mark, sentAt }))
    }
  }
  return { used, refused }
}

describe('a rate budget', () => {
  it('lets everything through before the server has reported a limit', () => {
    expect(new RateBudget().readyAt(1, 5)).to.equal(5)
  })

  it('spends half of the limit at once and spreads the rest until the reset', () => {
    const budget = new RateBudget()
    const mark = budget.spend(1, 0)
    budget.learn({ limit: 10, remaining: 9, resetMs: 30_000 }, { mark, sentAt: 0 })
    for (let request = 0; request < 4; request++) {
      expect(budget.readyAt(1, 10)).to.equal(10)
      budget.spend(1, 10)
    }
    budget.spend(1, 10)
    expect(budget.readyAt(1, 10)).to.be.closeTo(10 + 29_990 / 4, 1)
    for (let request = 0; request < 4; request++) budget.spend(1, 10)
    expect(budget.readyAt(1, 10)).to.equal(30_000)
  })

  it('believes the answer to the newest request, not the one that comes last', () => {
    const budget = new RateBudget()
    const first = budget.spend(1, 0)
    const second = budget.spend(1, 0)
    budget.learn({ limit: 10, remaining: 0, resetMs: 1000 }, { mark: second, sentAt: 0 })
    budget.learn({ limit: 10, remaining: 9, resetMs: 1000 }, { mark: first, sentAt: 0 })
    expect(budget.readyAt(1, 10)).to.equal(1000)
  })

  for (const [name, server] of [
    ['fills up steadily', steady],
    ['starts anew each minute', eachMinute],
  ] as const) {
    it(`uses 95 % of a limit that ${name}, and is not refused after the first minute`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 60, max: 1000 }), fc.constantFrom(5, 100, 900), (limit, latency) => {
          const { used, refused } = simulate(server(limit), { latency })
          expect(refused).to.equal(0)
          expect(used / (3 * limit)).to.be.above(0.95)
        }),
        { seed: 1, numRuns: 8 },
      )
    })
  }
})
