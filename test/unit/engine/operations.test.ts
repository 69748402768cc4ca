import { expect } from 'chai'
import { dropoutSites } from '../../../src/lib/engine/dropout.ts'
import type { Tensor } from '../../../src/lib/engine/graph.ts'
import { Graph } from '../../../src/lib/engine/graph.ts'
import {
  add,
  addBias,
  crossEntropy,
  embedding,
  gelu,
  layerNorm,
  linear,
  linearTransposed,
  maskedSoftmax,
  matmul,
  mergeHeads,
  regroup,
  rmsNorm,
  rotary,
  scale,
  scaleChannels,
  split,
  splitHeads,
  swiglu,
} from '../../../src/lib/engine/operations.ts'
import type { TransformerConfig } from '../../../src/lib/engine/sizes.ts'
import {
  causalMask,
  logits,
  parameterSpecs,
  rotaryTables,
  transformer,
} from '../../../src/lib/engine/transformer.ts'
import { initialWeights } from '../../../src/lib/engine/weights.ts'
import type { Values } from './run-graph.ts'
import { compile, integerArray, randomArray } from './run-graph.ts'

/** For losses that weight each element of what is tested: product of two tensors of one shape, element by element. */
function multiply(g: Graph, a: Tensor, b: Tensor): Tensor {
  return g.record([a, b], g.emit('Mul', [a, b]), (dy) => [g.emit('Mul', [dy, b]), g.emit('Mul', [dy, a])])
}

/** Sum of all elements. */
function sum(g: Graph, x: Tensor): Tensor {
  const total = g.emit('ReduceSum', [x], { attributes: { keepdims: 0 } })
  return g.record([x], total, (dy) => [g.emit('Expand', [dy, g.emit('Shape', [x])])])
}

const B = 2
const T = 3
const D = 4
const H = 2
const K = D / H
const F = 5
const V = 7

const config: TransformerConfig = {
  vocabulary: V,
  width: D,
  layers: 2,
  heads: H,
  hidden: F,
  positions: 8,
  ropeTheta: 100,
  epsilon: 1e-5,
}

type Shapes = Record<string, readonly number[]>

interface Case {
  parameters: Shapes
  /** Values to which no gradient flows. */
  constants?: Values
  /** The scalar to differentiate. */
  build(g: Graph, value: (name: string) => Tensor): Tensor
}

/** Every element of the result counts with another weight, so that no error can cancel out. */
function weighted(g: Graph, y: Tensor, shape: readonly number[], seed = 99): Tensor {
  return sum(g, multiply(g, y, g.constant(shape, randomArray(shape, seed).data)))
}

const ids = integerArray([B, T], [1, 0, 6, 1, 1, 3])
const targets = integerArray([B, T, 1], [0, 6, 2, 1, 3, 0])
const tokenWeights = { shape: [B, T, 1], data: Float32Array.of(0.3, 0.2, 0, 0.1, 0.4, 0) }
const mask = { shape: [T, T], data: causalMask(T) }
const factors = {
  shape: [B, 1, D],
  data: randomArray([B, 1, D], 5).data.map((value) => 1 + value / 4),
}
const attention = { a: [B, H, T, K], b: [B, H, T, K] }

const cases: Record<string, Case> = {
  add: {
    parameters: { a: [B, D], b: [B, D] },
    build: (g, v) => weighted(g, add(g, v('a'), v('b')), [B, D]),
  },
  'add of a tensor to itself': {
    parameters: { a: [B, D] },
    build: (g, v) => weighted(g, add(g, v('a'), v('a')), [B, D]),
  },
  multiply: {
    parameters: { a: [B, D], b: [B, D] },
    build: (g, v) => weighted(g, multiply(g, v('a'), v('b')), [B, D]),
  },
  scaleChannels: {
    parameters: { x: [B, T, D] },
    constants: { factors },
    build: (g, v) => weighted(g, scaleChannels(g, v('x'), v('factors')), [B, T, D]),
  },
  sum: { parameters: { a: [B, D] }, build: (g, v) => sum(g, multiply(g, v('a'), v('a'))) },
  linear: {
    parameters: { x: [B, T, D], w: [D, F] },
    build: (g, v) => weighted(g, linear(g, v('x'), v('w'), { inputs: D, outputs: F }), [B, T, F]),
  },
  linearTransposed: {
    parameters: { x: [B, T, D], w: [F, D] },
    build: (g, v) => weighted(g, linearTransposed(g, v('x'), v('w'), { inputs: D, outputs: F }), [B, T, F]),
  },
  addBias: {
    parameters: { x: [B, T, D], bias: [D] },
    build: (g, v) => weighted(g, addBias(g, v('x'), v('bias'), { width: D }), [B, T, D]),
  },
  scale: {
    parameters: { x: [B, D] },
    build: (g, v) => weighted(g, scale(g, v('x'), -1.5), [B, D]),
  },
  regroup: {
    parameters: { x: [B, H, T, K] },
    build: (g, v) =>
      weighted(g, regroup(g, v('x'), { to: [0, 1, -1, 0], back: [0, H, -1, 0] }), [B, 1, H * T, K]),
  },
  embedding: {
    parameters: { table: [V, D] },
    constants: { ids },
    build: (g, v) => weighted(g, embedding(g, v('table'), v('ids'), { width: D }), [B, T, D]),
  },
  rmsNorm: {
    parameters: { x: [B, T, D], gain: [D] },
    build: (g, v) => weighted(g, rmsNorm(g, v('x'), v('gain'), { width: D, epsilon: 1e-5 }), [B, T, D]),
  },
  'rmsNorm of each head': {
    parameters: { x: [B, T, H, D], gain: [D] },
    build: (g, v) => weighted(g, rmsNorm(g, v('x'), v('gain'), { width: D, epsilon: 1e-5 }), [B, T, H, D]),
  },
  layerNorm: {
    parameters: { x: [B, T, D], gain: [D], bias: [D] },
    build: (g, v) => {
      const y = layerNorm(g, v('x'), { gain: v('gain'), bias: v('bias') }, { width: D, epsilon: 1e-5 })
      return weighted(g, y, [B, T, D])
    },
  },
  gelu: {
    parameters: { x: [B, F] },
    build: (g, v) => weighted(g, gelu(g, v('x')), [B, F]),
  },
  splitHeads: {
    parameters: { x: [B, T, D] },
    build: (g, v) => weighted(g, splitHeads(g, v('x'), { heads: H, size: K }), [B, H, T, K]),
  },
  mergeHeads: {
    parameters: { x: [B, H, T, K] },
    build: (g, v) => weighted(g, mergeHeads(g, v('x'), { heads: H, size: K }), [B, T, D]),
  },
  split: {
    parameters: { x: [B, 5] },
    build: (g, v) => {
      const [a, b] = split(g, v('x'), [2, 3]) as [Tensor, Tensor]
      return add(g, weighted(g, a, [B, 2]), weighted(g, multiply(g, b, b), [B, 3]))
    },
  },
  rotary: {
    parameters: { x: [B, T, D] },
    build: (g, v) => {
      const tables = rotaryTables(g, config, g.integers([2]))
      return weighted(g, rotary(g, v('x'), tables), [B, T, D])
    },
  },
  matmul: {
    parameters: { a: [B, H, T, K], b: [B, H, K, T] },
    build: (g, v) => weighted(g, matmul(g, v('a'), v('b')), [B, H, T, T]),
  },
  'matmul with the second factor transposed': {
    parameters: attention,
    build: (g, v) => weighted(g, matmul(g, v('a'), v('b'), { transB: true, alpha: 0.7 }), [B, H, T, T]),
  },
  maskedSoftmax: {
    parameters: { x: [B, H, T, T] },
    constants: { mask },
    build: (g, v) => weighted(g, maskedSoftmax(g, v('x'), v('mask')), [B, H, T, T]),
  },
  swiglu: {
    parameters: { gate: [B, F], up: [B, F] },
    build: (g, v) => weighted(g, swiglu(g, v('gate'), v('up')), [B, F]),
  },
  crossEntropy: {
    parameters: { x: [B, T, V] },
    constants: { targets, tokenWeights },
    build: (g, v) => crossEntropy(g, v('x'), v('targets'), v('tokenWeights')),
  },
  'the loss of a whole transformer': {
    parameters: Object.fromEntries(parameterSpecs(config).map(({ name, shape }) => [name, shape])),
    constants: { ids, targets, tokenWeights, mask, factors },
    build: (g, v) => {
      const weights = new Map(parameterSpecs(config).map(({ name }) => [name, v(name)]))
      const rotaryAtZero = rotaryTables(g, config, g.integers([0]))
      const { states } = transformer(g, config, {
        ids: v('ids'),
        mask: v('mask'),
        rotary: rotaryAtZero,
        weights,
        dropout: Array(dropoutSites(config)).fill(v('factors')),
      })
      return crossEntropy(g, logits(g, config, states, weights), v('targets'), v('tokenWeights'))
    },
  },
}

/** Central differences of float32 results are good to about three digits with this step. */
const STEP = 1e-2
const TOLERANCE = 2e-3

describe('the derivative of', () => {
  for (const [title, { parameters, constants = {}, build }] of Object.entries(cases)) {
    it(title, async () => {
      const g = new Graph('case')
      const tensors = new Map<string, Tensor>()
      for (const [name, shape] of Object.entries(parameters)) tensors.set(name, g.parameter(name, shape))
      for (const [name, { shape, data }] of Object.entries(constants)) {
        tensors.set(name, g.input(name, data instanceof Float32Array ? 'float32' : 'int64', shape))
      }
      const loss = build(g, (name) => tensors.get(name)!)
      const names = Object.keys(parameters)
      const gradients = g.gradients(
        loss,
        names.map((name) => tensors.get(name)!),
      )
      g.output(loss, 'loss', [])
      for (const [index, name] of names.entries()) {
        g.output(gradients[index]!, `gradient of ${name}`, parameters[name]!)
      }
      const run = await compile(g)
      const point = Object.fromEntries(
        names.map((name, index) => [name, randomArray(parameters[name]!, index)]),
      )
      const lossAt = async () => (await run({ ...constants, ...point })).loss![0]!

      const exact = await run({ ...constants, ...point })
      for (const [name, { data }] of Object.entries(point)) {
        for (const [index, value] of data.entries()) {
          data[index] = value + STEP
          const above = await lossAt()
          data[index] = value - STEP
          const below = await lossAt()
          data[index] = value
          const gradient = exact[`gradient of ${name}`]![index]!
          expect(gradient, `${name}[${index}]`).to.be.closeTo((above - below) / (2 * STEP), TOLERANCE)
        }
      }
    })
  }

  it('nothing frozen: what only its gradient would need is left out', () => {
    const nodesWith = (frozen: boolean) => {
      const g = new Graph('frozen')
      const x = g.parameter('x', [B, T, D])
      const w = frozen ? g.input('w', 'float32', [D, F]) : g.parameter('w', [D, F])
      const loss = weighted(g, linear(g, x, w, { inputs: D, outputs: F }), [B, T, F])
      g.output(g.gradients(loss, frozen ? [x] : [x, w])[0]!, 'gradient', [B, T, D])
      if (!frozen) g.output(g.gradients(loss, [w])[0]!, 'gradient of w', [D, F])
      return g.build().nodes.map(({ opType }) => opType)
    }
    expect(nodesWith(true)).not.to.include('Gemm')
    expect(nodesWith(false)).to.include('Gemm')
  })

  it('nothing that the loss does not depend on', () => {
    const g = new Graph('independent')
    const a = g.parameter('a', [1])
    const b = g.parameter('b', [1])
    expect(() => g.gradients(sum(g, a), [b])).to.throw('The loss does not depend on b.')
  })
})

describe('the starting weights', () => {
  it('are the same for the same seed and others for another', () => {
    const [a, again, other] = [1, 1, 2].map((seed) => initialWeights(config, seed).get('output')!.data)
    expect(again).to.deep.equal(a)
    expect(other).to.not.deep.equal(a)
  })

  it('have the deviations that they are meant to have', () => {
    const wide = { ...config, vocabulary: 500, width: 64 }
    const weights = initialWeights(wide, 1)
    for (const { name, deviation } of parameterSpecs(wide)) {
      const { data } = weights.get(name)!
      const root = Math.sqrt(data.reduce((total, value) => total + value ** 2, 0) / data.length)
      const expected = deviation === 'one' ? 1 : deviation
      expect(root / expected, name).to.be.closeTo(1, 0.1)
    }
  })

  it('adds up the rows of an embedding in their order, on several threads too', async () => {
    const [rows, width, vocabulary] = [640, 512, 50]
    const g = new Graph('embedding-gradient')
    const table = g.parameter('table', [vocabulary, width])
    const ids = g.input('ids', 'int64', [1, rows])
    const dy = g.input('dy', 'float32', [1, rows, width])
    const x = embedding(g, table, ids, { width })
    const loss = g.record([x], g.emit('ReduceSum', [x], { attributes: { keepdims: 0 } }), () => [dy])
    g.output(g.gradients(loss, [table])[0]!, 'gradient', [vocabulary, width])
    const run = await compile(g, { threads: 2 })
    const values = {
      table: randomArray([vocabulary, width], 1),
      ids: integerArray(
        [1, rows],
        Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 0 : row % vocabulary)),
      ),
      dy: randomArray([1, rows, width], 2),
    }
    const expected = new Float32Array(vocabulary * width)
    for (let row = 0; row < rows; row++) {
      const start = Number(values.ids.data[row]) * width
      for (let i = 0; i < width; i++) expected[start + i]! += values.dy.data[row * width + i]!
    }
    for (let round = 0; round < 20; round++) expect((await run(values)).gradient).to.deep.equal(expected)
  })
})
