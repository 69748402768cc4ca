import { expect } from 'chai'
import fc from 'fast-check'
import { AdaptiveWindow } from '../../../../src/lib/models/openai/adaptive-window.ts'

/** Answer so many rounds of a full window, each answer after `latencyMs` of the window's size. */
function answerRounds(window: AdaptiveWindow, rounds: number, latencyMs = (_size: number) => 100): void {
  for (let round = 0; round < rounds; round++) {
    const { size } = window
    for (let answer = 0; answer < size; answer++) {
      window.succeeded({ era: window.era, full: true, kind: 'complete', latencyMs: latencyMs(size) })
    }
  }
}

/** Rounds against a server that refuses what is above its capacity; gives back the share of it that was used. */
function useOf(window: AdaptiveWindow, { capacity, rounds }: { capacity: number; rounds: number }): number {
  let answered = 0
  for (let round = 0; round < rounds; round++) {
    const { size, era } = window
    if (size > capacity) window.refused({ era })
    const taken = Math.min(size, capacity)
    for (let answer = 0; answer < taken; answer++) {
      window.succeeded({ era, full: true, kind: 'complete', latencyMs: 100 })
    }
    answered += taken
  }
  return answered / (capacity * rounds)
}

describe('the adaptive window', () => {
  it('starts with 8 requests and doubles each round, up to the largest', () => {
    const window = new AdaptiveWindow({ largest: 50 })
    const sizes = [8, 16, 32, 50, 50].map((expected) => {
      const { size } = window
      answerRounds(window, 1)
      return [size, expected]
    })
    for (const [size, expected] of sizes) expect(size).to.equal(expected)
    expect(new AdaptiveWindow({ largest: 2 }).size).to.equal(2)
  })

  it('does not grow while it is not used in full', () => {
    const window = new AdaptiveWindow({ largest: 50 })
    for (let answer = 0; answer < 100; answer++)
      window.succeeded({ era: window.era, full: false, kind: 'complete', latencyMs: 100 })
    expect(window.size).to.equal(8)
  })

  it('falls once for all the requests that were refused together, by at most half', () => {
    const refuse = (count: number) => {
      const window = new AdaptiveWindow({ largest: 64 })
      answerRounds(window, 3)
      const { era } = window
      for (let refusal = 0; refusal < count; refusal++) window.refused({ era })
      return window
    }
    // Of 64 it took 50, 40 or none.
    expect([14, 24, 64].map((count) => refuse(count).size)).to.deep.equal([45, 40, 32])
    const window = refuse(14)
    window.refused({ era: window.era })
    expect(window.size).to.equal(31)
  })

  it('never falls below one request', () => {
    const window = new AdaptiveWindow({ largest: 64 })
    for (let refusal = 0; refusal < 10; refusal++) window.refused({ era: window.era })
    expect(window.size).to.equal(1)
  })

  it('comes back to just below the refusal in a round, and beyond it after many', () => {
    const window = new AdaptiveWindow({ largest: 256 })
    answerRounds(window, 3)
    window.refused({ era: window.era })
    expect(window.size).to.equal(45)
    answerRounds(window, 1)
    expect(window.size).to.equal(62)
    answerRounds(window, 25)
    expect(window.size).to.equal(62)
    answerRounds(window, 100)
    expect(window.size).to.be.above(66)
  })

  it('does not crowd a server that queues: it stops where answers take four times as long', () => {
    const window = new AdaptiveWindow({ largest: 256 })
    answerRounds(window, 60, (size) => 100 * size)
    expect(window.size).to.be.within(16, 64)
  })

  it('compares answers with others of their kind', () => {
    const window = new AdaptiveWindow({ largest: 64 })
    window.succeeded({ era: 0, full: false, kind: 'score', latencyMs: 10 })
    answerRounds(window, 5, () => 1000)
    expect(window.size).to.equal(64)
  })

  it('uses nine tenths of any capacity, also when that shrinks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 200 }), (capacity) => {
        const window = new AdaptiveWindow({ largest: 256 })
        useOf(window, { capacity, rounds: 20 })
        expect(useOf(window, { capacity, rounds: 300 })).to.be.above(0.9)
        const half = Math.ceil(capacity / 2)
        useOf(window, { capacity: half, rounds: 20 })
        expect(useOf(window, { capacity: half, rounds: 300 })).to.be.above(0.9)
      }),
      { seed: 1, numRuns: 50 },
    )
  })
})
