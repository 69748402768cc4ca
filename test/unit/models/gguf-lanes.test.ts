import { expect } from 'chai'
import type { Lane } from '../../../src/lib/models/gguf/lane.ts'
import { Lanes, planLanes } from '../../../src/lib/models/gguf/lanes.ts'
import { ReversalError } from '../../../src/lib/support/errors.ts'
import { failure } from '../../helpers/failure.ts'

describe('lanes of a GGUF model', () => {
  it('have one thread each, up to eight, and share what is more', () => {
    const plans = [1, 2, 8, 20].map((threads) => planLanes({ threads, gpu: false }))
    expect(plans.map(({ lanes }) => lanes)).to.deep.equal([1, 2, 8, 8])
    expect(plans.map(({ threads }) => threads)).to.deep.equal([1, 1, 1, 2])
    expect(planLanes({ gpu: false }).lanes).to.be.at.least(1)
    expect(planLanes({ threads: 6, gpu: true })).to.deep.equal({ lanes: 1, threads: 6 })
  })

  class Place {
    closed = false
    async close() {
      this.closed = true
    }
  }
  const places = (count: number) => Array.from({ length: count }, () => new Place())
  const lanesOf = (made: Place[]) => new Lanes(made as unknown as Lane[])

  it('take one piece of work at a time, first come, first served', async () => {
    const lanes = lanesOf(places(2))
    const busy = new Map<Lane, number>()
    const order: number[] = []
    const work = (index: number) =>
      lanes.use(async (lane) => {
        busy.set(lane, (busy.get(lane) ?? 0) + 1)
        expect(busy.get(lane)).to.equal(1)
        order.push(index)
        await new Promise(setImmediate)
        busy.set(lane, 0)
      })
    await Promise.all([0, 1, 2, 3, 4].map(work))
    expect(order).to.deep.equal([0, 1, 2, 3, 4])
    expect(busy.size).to.equal(2)
  })

  it('get fewer where memory is too short for all, and fail where it is for one', async () => {
    const made = places(2)
    const lanes = lanesOf(made)
    const short = new ReversalError('There is not enough memory.', { code: 'OUT_OF_MEMORY' })
    let room = 1
    const work = () =>
      lanes.use(async () => {
        if (room <= 0) throw short
        room--
        await new Promise(setImmediate)
        room++
        return 'done'
      })
    expect(await Promise.all([work(), work()])).to.deep.equal(['done', 'done'])
    expect(lanes.count).to.equal(1)
    expect(made.filter(({ closed }) => closed)).to.have.length(1)
    room = 0
    expect(await failure(work())).to.equal(short)
    room = 1
    expect(await work()).to.equal('done')
  })

  it('go on after work that fails', async () => {
    const lanes = lanesOf(places(1))
    expect((await failure(lanes.use(async () => Promise.reject(new Error('broken'))))).message).to.equal(
      'broken',
    )
    expect(await lanes.use(async () => 'done')).to.equal('done')
  })
})
