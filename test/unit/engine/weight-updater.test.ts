import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import type { AdamWArrays } from '../../../src/lib/engine/adamw.ts'
import { adamWCoefficients, updatePlainly } from '../../../src/lib/engine/adamw.ts'
import { compileAdamW } from '../../../src/lib/engine/adamw-kernel.ts'
import { DONE, NEXT, STEP, shareUpdate } from '../../../src/lib/engine/update-pieces.ts'
import { createMemory } from '../../../src/lib/engine/wasm.ts'
import { WeightUpdater } from '../../../src/lib/engine/weight-updater.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'

/** Numbers of all sizes that a training has, zeros and those that float32 can hardly hold among them. */
function fill(array: Float32Array, random: PythonRandom): void {
  for (let i = 0; i < array.length; i++) {
    const exponent = random.randint(-44, 4)
    array[i] = random.below(5) === 0 ? 0 : (random.random() - 0.5) * 10 ** exponent
  }
}

function bits(arrays: AdamWArrays): Record<string, Uint32Array> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]: [string, Float32Array]) => {
      return [name, new Uint32Array(array.slice().buffer)]
    }),
  )
}

describe('the update of the weights', () => {
  const weights = [1, 2, 3, 17, 64, 1000, 4099].map((length, index) => ({ length, decayed: index % 2 === 0 }))

  it('has the bits of the plain loop, whatever the lengths', () => {
    const updater = new WeightUpdater(weights)
    const random = new PythonRandom(1)
    for (const { weight } of updater.arrays) fill(weight, random)
    const plain = updater.arrays.map(
      (arrays) =>
        Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])) as never,
    ) as AdamWArrays[]
    for (let t = 1; t <= 20; t++) {
      const step = { t, learningRate: 0.003 * random.random() }
      for (const [index, { gradient }] of updater.arrays.entries()) {
        fill(gradient, random)
        plain[index]!.gradient.set(gradient)
      }
      updater.update(step)
      for (const [index, arrays] of plain.entries())
        updatePlainly(arrays, adamWCoefficients(step, weights[index]!))
    }
    expect(updater.arrays.map(bits)).to.deep.equal(plain.map(bits))
    expect(updater.arrays.every(({ weight }) => weight.every(Number.isFinite))).to.equal(true)
  })

  it('has the same bits by several threads', async () => {
    const large = [300_001, 17, 100_000].map((length, index) => ({ length, decayed: index !== 2 }))
    const updaters = [1, 4].map((threads) => new WeightUpdater(large, { threads }))
    const random = new PythonRandom(2)
    for (let t = 1; t <= 20; t++) {
      for (const [index, { gradient }] of updaters[0]!.arrays.entries()) {
        fill(gradient, random)
        updaters[1]!.arrays[index]!.gradient.set(gradient)
      }
      for (const updater of updaters) updater.update({ t, learningRate: 0.003 })
      // Lets the workers start in the midst of it.
      await setImmediate()
    }
    const [alone, together] = updaters.map(({ arrays }) => arrays.map(bits))
    expect(together).to.deep.equal(alone)
    await Promise.all(updaters.map((updater) => updater.close()))
  })

  it('takes nothing before the first step, and can be done by a worker alone', async () => {
    const memory = createMemory(4096)!
    const array = (start: number) => new Float32Array(memory.buffer, start, 2)
    array(0).set([1, 2])
    array(192).set([0.5, -0.25])
    const shared = shareUpdate({
      ...{ module: compileAdamW(), memories: [memory] },
      pieces: [{ memory: 0, addresses: [0, 64, 128, 192, 8], decayed: true }],
    })
    const { counters, coefficients } = shared
    const path = new URL('../../../src/lib/engine/update-worker.ts', import.meta.url)
    const worker = new Worker(path, { workerData: shared })
    await once(worker, 'online')
    // It sleeps when it has looked for pieces in vain: NEXT is then past their end.
    while (Atomics.load(counters, NEXT) === 1) await setImmediate()
    expect([...array(0)]).to.deep.equal([1, 2])

    const step = adamWCoefficients({ t: 1, learningRate: 0.01 }, { decayed: true })
    coefficients.set([step.keep, step.rate, step.epsilon])
    Atomics.store(counters, NEXT, 0)
    Atomics.add(counters, STEP, 1)
    Atomics.notify(counters, STEP)
    while (Atomics.load(counters, DONE) === 0) await setImmediate()
    const plain = {
      weight: Float32Array.of(1, 2),
      sum: new Float32Array(2),
      squareSum: new Float32Array(2),
      gradient: Float32Array.of(0.5, -0.25),
    }
    updatePlainly(plain, step)
    expect([...array(0)]).to.deep.equal([...plain.weight])
    await worker.terminate()
  })

  it('carries on what is no number', () => {
    const updater = new WeightUpdater([{ length: 3, decayed: true }])
    const { weight, gradient } = updater.arrays[0]!
    gradient.set([Number.NaN, Number.POSITIVE_INFINITY, 1])
    updater.update({ t: 1, learningRate: 0.1 })
    expect(Array.from(weight, Number.isFinite)).to.deep.equal([false, false, true])
  })
})
