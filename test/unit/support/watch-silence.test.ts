import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { describeWait } from '../../../src/cli/text/wait.ts'
import type { Wait } from '../../../src/lib/support/patience.ts'
import { watchSilence } from '../../../src/lib/support/watch-silence.ts'

describe('a server that sends nothing', () => {
  it('is reported until it answers, with the longest wait', async () => {
    const told: Wait[] = []
    const onWait = (wait: Wait) => told.push(wait)
    const silence = watchSilence({ name: 'models.example', timeoutMs: 70_000, onWait, everyMs: 1 })
    while (told.length < 2) await setTimeout(1)
    silence[Symbol.dispose]()
    const before = told.length
    await setTimeout(20)
    expect(told).to.have.length(before)
    expect(told[0]!.ms).to.be.within(0, 70_000)
    expect(told[0]!.reason).to.match(/^models\.example has sent no answer for \d+ s\.$/)
  })
})

describe('a wait as a user reads it', () => {
  it('says what for, how long, how often', () => {
    const reason = 'models.example answers 429.'
    expect(describeWait({ reason, ms: 8000 })).to.equal(`${reason} Continuing in 8 s.`)
    expect(describeWait({ reason, ms: 90_000, times: 4 })).to.equal(
      `${reason} Continuing in 1 min 30 s (wait 4 since the last answer).`,
    )
    expect(describeWait({ reason: 'Nothing came.', ms: 60_000, silent: true })).to.equal(
      'Nothing came. Waiting for up to 1 min 0 s more.',
    )
  })
})
