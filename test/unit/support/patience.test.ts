import { expect } from 'chai'
import type { PatienceSettings, Trouble, Verdict } from '../../../src/lib/support/patience.ts'
import { Patience } from '../../../src/lib/support/patience.ts'

const SETTINGS: PatienceSettings = {
  ...{ backoffMs: 500, longestBackoffMs: 30_000, tries: 10, refusalsCount: false },
  ...{ longestOwnWaitMs: 900_000, longestWaitMs: 3_600_000 },
}

/** Waits until there is no more patience, on a clock of its own. */
function waitOut(trouble: Trouble, settings: Partial<PatienceSettings> = {}) {
  const request = new Patience({ ...SETTINGS, ...settings }).request()
  const waits: number[] = []
  for (let now = 0; ; ) {
    const verdict: Verdict = request.after(trouble, now)
    if ('end' in verdict) return { waits, end: verdict.end, passed: now }
    waits.push(verdict.ms)
    now += verdict.ms
  }
}

describe('patience', () => {
  for (const askedMs of [undefined, 0, -5000]) {
    it(`waits as long as it itself thinks right where the server asks for ${askedMs} ms`, () => {
      const { waits, end, passed } = waitOut({ kind: 'refused', askedMs })
      waits.forEach((ms, index) => {
        const own = Math.min(30_000, 500 * 2 ** index)
        expect(ms).to.be.within(0.75 * own, own)
      })
      expect(end.kind).to.equal('drought')
      expect(passed).to.be.within(860_000, 900_000)
    })
  }

  it('waits as long as it is asked to, where that is longer, and not for more than an hour in all', () => {
    const { waits, end } = waitOut({ kind: 'refused', askedMs: 600_000 })
    expect(waits).to.deep.equal(Array(6).fill(600_000))
    expect(end).to.deep.include({ kind: 'drought', ms: 3_600_000 })
    expect(waitOut({ kind: 'refused', askedMs: 86_400_000 })).to.deep.include({ waits: [], passed: 0 })
  })

  it('ends after a number of failures, and earlier without a connection', () => {
    expect(waitOut({ kind: 'failed' }).end).to.deep.include({ kind: 'tries', tries: 10 })
    expect(waitOut({ kind: 'offline' }, { offlineTries: 3 }).waits).to.have.length(2)
  })

  it('counts the waits since the last success', () => {
    const patience = new Patience(SETTINGS)
    const wait = (now: number) => patience.request().after({ kind: 'refused' }, now)
    expect(wait(0)).to.not.have.property('times')
    expect(wait(1000)).to.have.property('times', 2)
    patience.succeeded()
    expect(wait(2000)).to.not.have.property('times')
  })

  it('counts what many requests wait at the same time once', () => {
    const patience = new Patience(SETTINGS)
    for (let request = 0; request < 10_000; request++) {
      expect(patience.request().after({ kind: 'refused' }, 0)).to.not.have.property('end')
    }
  })

  it('leaves a server alone ever longer that refuses single requests, and once for those sent together', () => {
    const patience = new Patience(SETTINGS)
    const pause = (now: number, alone = true, sentAt = now) => patience.pauseAll({ alone, sentAt }, now)
    expect(pause(0, false)).to.equal(0)
    expect(pause(0)).to.be.within(375, 500)
    expect(pause(10, true, 0)).to.equal(0)
    expect(pause(600)).to.be.within(750, 1000)
    expect(patience.pauseAll({ alone: false, askedMs: 7000, sentAt: 700 }, 700)).to.equal(7000)
  })
})
