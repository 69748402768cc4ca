import { expect } from 'chai'
import type { AdamWArrays } from '../../../src/lib/engine/adamw.ts'
import { adamWCoefficients, updatePlainly } from '../../../src/lib/engine/adamw.ts'
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

  it('carries on what is no number', () => {
    const updater = new WeightUpdater([{ length: 3, decayed: true }])
    const { weight, gradient } = updater.arrays[0]!
    gradient.set([Number.NaN, Number.POSITIVE_INFINITY, 1])
    updater.update({ t: 1, learningRate: 0.1 })
    expect(Array.from(weight, Number.isFinite)).to.deep.equal([false, false, true])
  })
})
