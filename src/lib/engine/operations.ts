/**
 * The differentiable operations. Each writes its forward nodes and defines how gradients flow back; a finite-difference
 * test checks every one. Shapes: B batch, T positions, D width, H heads, V vocabulary.
 */
import type { Graph, Tensor } from './graph.ts'

const MICROSOFT = 'com.microsoft'
const LAST_AXIS = [-1]

/** Sum of two tensors of one shape. */
export function add(g: Graph, a: Tensor, b: Tensor): Tensor {
  return g.record([a, b], g.emit('Add', [a, b]), (dy) => [dy, dy])
}

/** x [B, T, D] with each channel of each text times its factor [B, 1, D], which is no weight. */
export function scaleChannels(g: Graph, x: Tensor, factors: Tensor): Tensor {
  return g.record([x], g.emit('Mul', [x, factors]), (dy) => [g.emit('Mul', [dy, factors])])
}

/** Linear layer without bias: x [B, T, I] times w [I, O] gives [B, T, O]. */
export function linear(
  g: Graph,
  x: Tensor,
  w: Tensor,
  { inputs, outputs }: { inputs: number; outputs: number },
): Tensor {
  return g.record([x, w], g.emit('MatMul', [x, w]), (dy) => [
    matmulNodes(g, dy, w, { transB: true }),
    g.emit('Gemm', [reshape(g, x, [-1, inputs]), reshape(g, dy, [-1, outputs])], {
      attributes: { transA: 1 },
    }),
  ])
}

/** Linear layer with the matrix as outputs by inputs: x [B, T, I] times wᵀ, of w [O, I], gives [B, T, O]. */
export function linearTransposed(
  g: Graph,
  x: Tensor,
  w: Tensor,
  { inputs, outputs }: { inputs: number; outputs: number },
): Tensor {
  return g.record([x, w], matmulNodes(g, x, w, { transB: true }), (dy) => [
    g.emit('MatMul', [dy, w]),
    g.emit('Gemm', [reshape(g, dy, [-1, outputs]), reshape(g, x, [-1, inputs])], {
      attributes: { transA: 1 },
    }),
  ])
}

/** x [B, T, O] with a bias [O] added at each position. */
export function addBias(g: Graph, x: Tensor, bias: Tensor, { width }: { width: number }): Tensor {
  return g.record([x, bias], g.emit('Add', [x, bias]), (dy) => [dy, sumRows(g, dy, width)])
}

/** x times a number. */
export function scale(g: Graph, x: Tensor, factor: number): Tensor {
  const times = (value: Tensor) => g.emit('Mul', [value, g.scalar(factor)])
  return g.record([x], times(x), (dy) => [times(dy)])
}

/**
 * x in another shape, with the shape that reverses it. In both, 0 keeps the dimension at its place and −1 takes the
 * rest.
 */
export function regroup(
  g: Graph,
  x: Tensor,
  { to, back }: { to: readonly number[]; back: readonly number[] },
): Tensor {
  return g.record([x], reshape(g, x, to), (dy) => [reshape(g, dy, back)])
}

/** Rows of a table [V, D] for ids [B, T]: [B, T, D]. */
export function embedding(g: Graph, table: Tensor, ids: Tensor, { width }: { width: number }): Tensor {
  return g.record([table], g.emit('Gather', [table, ids], { attributes: { axis: 0 } }), (dy) => {
    const zeros = g.emit('Expand', [g.scalar(0), g.emit('Shape', [table])])
    const updates = reshape(g, dy, [-1, width]) // [B·T, D]
    const rows = g.emit('Unsqueeze', [reshape(g, ids, [-1]), g.integers(LAST_AXIS)]) // [B·T, 1]
    const places = g.emit('Expand', [rows, g.emit('Shape', [updates])])
    // ScatterND would be faster, but its threads add to one row at the same time from 210,000 updates on: some get lost.
    const attributes = { axis: 0, reduction: 'add' }
    return [g.emit('ScatterElements', [zeros, places, updates], { attributes })]
  })
}

/** Root-mean-square normalisation over the last axis (arXiv 1910.07467), with a gain [D]. */
export function rmsNorm(
  g: Graph,
  x: Tensor,
  gain: Tensor,
  { width, epsilon }: { width: number; epsilon: number },
): Tensor {
  // ONNX Runtime's own operation: y = x · scale · gain, with scale [B, T, 1] as a second output.
  const [y, scale] = g.emitAll('SimplifiedLayerNormalization', [x, gain], {
    outputs: 2,
    attributes: { axis: -1, epsilon: { float: epsilon } },
  }) as [Tensor, Tensor]
  return g.record([x, gain], y, (dy) => {
    const normal = g.emit('Mul', [x, scale])
    const dNormal = g.emit('Mul', [dy, gain])
    const along = lastAxisMean(g, g.emit('Mul', [dNormal, normal]))
    const across = g.emit('Sub', [dNormal, g.emit('Mul', [normal, along])])
    return [g.emit('Mul', [across, scale]), sumRows(g, g.emit('Mul', [dy, normal]), width)]
  })
}

/** Layer normalisation over the last axis (arXiv 1607.06450), with a gain and a bias [D]. */
export function layerNorm(
  g: Graph,
  x: Tensor,
  { gain, bias }: { gain: Tensor; bias: Tensor },
  { width, epsilon }: { width: number; epsilon: number },
): Tensor {
  // Mean and 1 / deviation [B, T, 1] come as further outputs.
  const [y, mean, scale] = g.emitAll('LayerNormalization', [x, gain, bias], {
    outputs: 3,
    attributes: { axis: -1, epsilon: { float: epsilon } },
  }) as [Tensor, Tensor, Tensor]
  return g.record([x, gain, bias], y, (dy) => {
    const normal = g.emit('Mul', [g.emit('Sub', [x, mean]), scale])
    const dNormal = g.emit('Mul', [dy, gain])
    const along = lastAxisMean(g, g.emit('Mul', [dNormal, normal]))
    const level = g.emit('Sub', [dNormal, lastAxisMean(g, dNormal)])
    const across = g.emit('Sub', [level, g.emit('Mul', [normal, along])])
    return [
      g.emit('Mul', [across, scale]),
      sumRows(g, g.emit('Mul', [dy, normal]), width),
      sumRows(g, dy, width),
    ]
  })
}

/** [B, T, H·K] to [B, H, T, K]. */
export function splitHeads(g: Graph, x: Tensor, { heads, size }: { heads: number; size: number }): Tensor {
  return g.record([x], splitHeadNodes(g, x, heads, size), (dy) => [mergeHeadNodes(g, dy, heads * size)])
}

/** [B, H, T, K] to [B, T, H·K]. */
export function mergeHeads(g: Graph, x: Tensor, { heads, size }: { heads: number; size: number }): Tensor {
  return g.record([x], mergeHeadNodes(g, x, heads * size), (dy) => [splitHeadNodes(g, dy, heads, size)])
}

/** Splits the last axis into parts of the given sizes, all of which must be used. */
export function split(g: Graph, x: Tensor, sizes: readonly number[]): Tensor[] {
  const parts = g.emitAll('Split', [x, g.integers(sizes)], {
    outputs: sizes.length,
    attributes: { axis: -1 },
  })
  g.recordAll([x], parts, (...gradients) => [g.emit('Concat', gradients, { attributes: { axis: -1 } })])
  return parts
}

export interface RotaryTables {
  /** Position of each token, int64 [B, T], or only of the first, [1]. */
  positions: Tensor
  /** Cosines and sines of the angles by position, [positions, K/2], and the sines with their sign turned. */
  cosines: Tensor
  sines: Tensor
  turnedSines: Tensor
}

/** The tables for texts of up to `longest` tokens, whose angles are position · frequency. */
export function rotaryTablesFor(
  g: Graph,
  {
    positions,
    frequencies,
    longest,
  }: Pick<RotaryTables, 'positions'> & { /** K/2 of them. */ frequencies: Float64Array; longest: number },
): RotaryTables {
  const half = frequencies.length
  const angles = Float64Array.from({ length: longest * half }, (_, index) => {
    return Math.floor(index / half) * frequencies[index % half]!
  })
  const table = (value: (angle: number) => number) =>
    g.constant([longest, half], Float32Array.from(angles, value))
  return {
    positions,
    cosines: table(Math.cos),
    sines: table(Math.sin),
    turnedSines: table((angle) => -Math.sin(angle)),
  }
}

/** Rotary positions (arXiv 2104.09864; Llama's pairing of the two halves) on x [B, T, H·K]. */
export function rotary(
  g: Graph,
  x: Tensor,
  { positions, cosines, sines, turnedSines }: RotaryTables,
): Tensor {
  const rotate = (value: Tensor, sine: Tensor) =>
    g.emit('RotaryEmbedding', [value, positions, cosines, sine], {
      domain: MICROSOFT,
      attributes: { interleaved: 0 },
    })
  // A rotation is orthogonal: its transpose is the rotation by the opposite angle.
  return g.record([x], rotate(x, sines), (dy) => [rotate(dy, turnedSines)])
}

/** Batched product a · b, or alpha · a · bᵀ with `transB`. */
export function matmul(g: Graph, a: Tensor, b: Tensor, { transB = false, alpha = 1 } = {}): Tensor {
  return g.record([a, b], matmulNodes(g, a, b, { transB, alpha }), (dy) => [
    matmulNodes(g, dy, b, { transB: !transB, alpha }),
    transB
      ? matmulNodes(g, dy, a, { transA: true, alpha }) // (dyᵀ · a)
      : matmulNodes(g, a, dy, { transA: true, alpha }), // (aᵀ · dy)
  ])
}

/** Softmax over the last axis, after adding a mask to which no gradient flows. */
export function maskedSoftmax(g: Graph, x: Tensor, mask: Tensor): Tensor {
  const y = g.emit('Softmax', [g.emit('Add', [x, mask])], { attributes: { axis: -1 } })
  return g.record([x], y, (dy) => {
    const weighted = g.emit('Mul', [dy, y])
    const total = g.emit('ReduceSum', [weighted, g.integers(LAST_AXIS)], { attributes: { keepdims: 1 } })
    return [g.emit('Sub', [weighted, g.emit('Mul', [y, total])])]
  })
}

/** SiLU(gate) · up, the gated activation of SwiGLU (arXiv 2002.05202). */
export function swiglu(g: Graph, gate: Tensor, up: Tensor): Tensor {
  const sigmoid = g.emit('Sigmoid', [gate])
  const silu = g.emit('Mul', [gate, sigmoid])
  return g.record([gate, up], g.emit('Mul', [silu, up]), (dy) => {
    // d silu = σ + silu · (1 − σ)
    const slope = g.emit('Add', [sigmoid, g.emit('Sub', [silu, g.emit('Mul', [silu, sigmoid])])])
    return [g.emit('Mul', [g.emit('Mul', [dy, up]), slope]), g.emit('Mul', [dy, silu])]
  })
}

const GELU_ROOT = Math.sqrt(2 / Math.PI)
const GELU_CUBIC = 0.044715

/** GPT-2's activation, GELU by tanh (arXiv 1606.08415): x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³))). */
export function gelu(g: Graph, x: Tensor): Tensor {
  const times = (value: Tensor, factor: number) => g.emit('Mul', [value, g.scalar(factor)])
  const plus = (value: Tensor, term: number) => g.emit('Add', [value, g.scalar(term)])
  const square = g.emit('Mul', [x, x])
  const inner = g.emit('Mul', [x, plus(times(square, GELU_ROOT * GELU_CUBIC), GELU_ROOT)])
  const tanh = g.emit('Tanh', [inner])
  const half = times(plus(tanh, 1), 0.5)
  return g.record([x], g.emit('Mul', [x, half]), (dy) => {
    // d = (1 + tanh)/2 + x/2 · (1 − tanh²) · inner′, inner′ = √(2/π) · (1 + 3 · 0.044715·x²)
    const innerSlope = plus(times(square, 3 * GELU_ROOT * GELU_CUBIC), GELU_ROOT)
    const bend = g.emit('Sub', [g.scalar(1), g.emit('Mul', [tanh, tanh])])
    const tail = times(g.emit('Mul', [g.emit('Mul', [x, bend]), innerSlope]), 0.5)
    return [g.emit('Mul', [dy, g.emit('Add', [half, tail])])]
  })
}

/**
 * Weighted mean of −log p(target): logits [B, T, V], targets int64 [B, T, 1], weights [B, T, 1] that sum
 * to one over the batch. A weight of zero leaves a position out.
 */
export function crossEntropy(g: Graph, logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  const logProbabilities = g.emit('LogSoftmax', [logits], { attributes: { axis: -1 } })
  const chosen = g.emit('GatherElements', [logProbabilities, targets], { attributes: { axis: -1 } }) // [B, T, 1]
  const mean = g.emit('ReduceSum', [g.emit('Mul', [chosen, weights])], { attributes: { keepdims: 0 } })
  return g.record([logits], g.emit('Neg', [mean]), (dy) => {
    const scale = g.emit('Mul', [weights, dy])
    const spread = g.emit('Mul', [g.emit('Exp', [logProbabilities]), scale])
    return [
      g.emit('ScatterElements', [spread, targets, g.emit('Neg', [scale])], {
        attributes: { axis: -1, reduction: 'add' },
      }),
    ]
  })
}

/** x with another shape; 0 keeps a dimension, −1 takes the rest. */
function reshape(g: Graph, x: Tensor, shape: readonly number[]): Tensor {
  return g.emit('Reshape', [x, g.integers(shape)])
}

/** The sum over all axes but the last: [width]. */
function sumRows(g: Graph, x: Tensor, width: number): Tensor {
  return g.emit('ReduceSum', [reshape(g, x, [-1, width]), g.integers([0])], { attributes: { keepdims: 0 } })
}

function splitHeadNodes(g: Graph, x: Tensor, heads: number, size: number): Tensor {
  return g.emit('Transpose', [reshape(g, x, [0, 0, heads, size])], { attributes: { perm: [0, 2, 1, 3] } })
}

function mergeHeadNodes(g: Graph, x: Tensor, width: number): Tensor {
  return reshape(g, g.emit('Transpose', [x], { attributes: { perm: [0, 2, 1, 3] } }), [0, 0, width])
}

function lastAxisMean(g: Graph, x: Tensor): Tensor {
  return g.emit('ReduceMean', [x, g.integers(LAST_AXIS)], { attributes: { keepdims: 1 } })
}

function matmulNodes(
  g: Graph,
  a: Tensor,
  b: Tensor,
  { transA = false, transB = false, alpha = 1 } = {},
): Tensor {
  if (!transA && !transB && alpha === 1) return g.emit('MatMul', [a, b])
  const attributes = { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } }
  return g.emit('FusedMatMul', [a, b], { domain: MICROSOFT, attributes })
}
