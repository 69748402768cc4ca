import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { asCompleted } from '../../../src/lib/support/as-completed.ts'
import { throughClosing } from '../../../src/lib/support/closing.ts'
import { InterruptedError } from '../../../src/lib/support/errors.ts'
import { failure } from '../../helpers/failure.ts'

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

describe('results as they are completed', () => {
  it('yields each result as soon as it is there', async () => {
    const work = [0, 1, 2].map(() => Promise.withResolvers<void>())
    const results = asCompleted([0, 1, 2], { limit: 3 }, (item) => work[item]!.promise.then(() => item))
    const seen: number[] = []
    work[1]!.resolve()
    for await (const item of results) {
      seen.push(item)
      work[item === 1 ? 2 : 0]!.resolve()
    }
    expect(seen).to.deep.equal([1, 2, 0])
    expect(await collect(asCompleted([], { limit: 3 }, async () => 1))).to.deep.equal([])
  })

  it('does a limited number of pieces at once', async () => {
    let [running, most] = [0, 0]
    const work = async (item: number) => {
      most = Math.max(most, ++running)
      await setImmediate()
      running--
      return item
    }
    const items = Array.from({ length: 20 }, (_, item) => item)
    const results = await collect(asCompleted(items, { limit: 4 }, work))
    expect(results.toSorted((a, b) => a - b)).to.deep.equal(items)
    expect(most).to.equal(4)
  })

  it('ends the other work at the first failure, and gives what came before it and what ended well', async () => {
    const aborted: number[] = []
    const seen: number[] = []
    const work = async (item: number, signal: AbortSignal) => {
      if (item === 0) return item
      if (item === 1) return setImmediate().then(() => Promise.reject(new Error('broken')))
      await setTimeout(60_000, undefined, { signal }).catch(() => aborted.push(item))
      if (item === 2) signal.throwIfAborted()
      return item
    }
    const consume = async () => {
      for await (const result of asCompleted([0, 1, 2, 3, 4], { limit: 4 }, work)) seen.push(result)
    }
    expect((await failure(consume())).message).to.equal('broken')
    expect({ seen, aborted }).to.deep.equal({ seen: [0, 3, 4], aborted: [2, 3, 4] })
  })

  it('ends the work when nobody wants further results, and when the signal says so', async () => {
    const aborted: number[] = []
    const work = async (item: number, signal: AbortSignal) => {
      if (item > 0) await setTimeout(60_000, undefined, { signal }).catch(() => aborted.push(item))
      signal.throwIfAborted()
      return item
    }
    for await (const _first of asCompleted([0, 1], { limit: 2 }, work)) break
    expect(aborted).to.deep.equal([1])
    const controller = new AbortController()
    const results = failure(collect(asCompleted([2, 3], { limit: 2, signal: controller.signal }, work)))
    controller.abort(new InterruptedError())
    expect(await results).to.be.instanceOf(InterruptedError)
    expect(aborted).to.deep.equal([1, 2, 3])
  })

  it('waits for what is under way below it too, until its own signal says otherwise', async () => {
    const user = new AbortController()
    const underWay: AbortSignal[] = []
    let begin = () => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const answers = new Map<number, () => void>()
    const ask = async (item: number, signal: AbortSignal) => {
      if (item === 9) return begun.then(() => Promise.reject(new Error('broken')))
      using stop = throughClosing(signal)
      underWay.push(stop.signal)
      if (underWay.length === 2) begin()
      await Promise.race([
        new Promise<void>((resolve) => answers.set(item, resolve)),
        new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason))),
      ])
      return item
    }
    const outer = (item: number, ends: AbortSignal) =>
      collect(asCompleted([item], { limit: 8, signal: ends }, ask))
    const consume = async (seen: number[][]) => {
      for await (const own of asCompleted([1, 9, 2], { limit: 3, signal: user.signal }, outer)) seen.push(own)
    }

    const seen: number[][] = []
    const first = failure(consume(seen))
    await begun
    await setTimeout(0)
    answers.get(2)!()
    answers.get(1)!()
    expect((await first).message).to.equal('broken')
    expect(seen).to.deep.equal([[2], [1]])

    underWay.length = 0
    const second = failure(consume(seen))
    await setTimeout(0)
    user.abort(new InterruptedError())
    expect(await second).to.be.instanceOf(InterruptedError)
    expect(underWay.every(({ aborted }) => aborted)).to.equal(true)
  })
})
