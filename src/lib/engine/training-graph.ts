import type { AdamWState, StepScalars } from './adamw.ts'
import { adamW, STEP_SCALARS } from './adamw.ts'
import { dropoutSites } from './dropout.ts'
import type { Tensor } from './graph.ts'
import { Graph } from './graph.ts'
import type { OnnxGraph } from './onnx.ts'
import { crossEntropy } from './operations.ts'
import type { TransformerConfig } from './sizes.ts'
import { logits, parameterSpecs, rotaryTables, transformer } from './transformer.ts'

/** Names of the arrays that a weight carries through a training: itself and AdamW's two sums. */
export function stateNames(name: string): Record<keyof AdamWState, string> {
  return { weight: name, sum: `${name}.sum`, squareSum: `${name}.square_sum` }
}

/** The output that holds the next value of an array of the state. */
export function nextName(name: string): string {
  return `${name}.next`
}

const STATE_PARTS = ['weight', 'sum', 'squareSum'] as const

/**
 * One training step as a graph. Inputs: a batch (batches.ts), the causal mask, the step's scalars
 * (adamw.ts), the factors of dropout where it is asked for, and the state. Outputs: `loss` and the next state.
 */
export function trainingGraph(config: TransformerConfig, { dropout }: { dropout: boolean }): OnnxGraph {
  const g = new Graph('training-step')
  const specs = parameterSpecs(config)
  const ids = g.input('ids', 'int64', ['B', 'T'])
  const targets = g.input('targets', 'int64', ['B', 'T', 1])
  const tokenWeights = g.input('weights', 'float32', ['B', 'T', 1])
  const mask = g.input('mask', 'float32', ['T', 'T'])
  const scalars = Object.fromEntries(
    STEP_SCALARS.map((name) => [name, g.input(name, 'float32', [])]),
  ) as Record<keyof StepScalars, Tensor>
  const weights = new Map(specs.map(({ name, shape }) => [name, g.parameter(name, shape)]))

  const rotary = rotaryTables(g, config, g.integers([0]))
  const { states } = transformer(g, config, {
    ...{ ids, mask, rotary, weights },
    dropout: dropout ? dropoutInputs(g, config) : undefined,
  })
  const loss = crossEntropy(g, logits(g, config, states, weights), targets, tokenWeights)
  g.output(loss, 'loss', [])

  const gradients = g.gradients(loss, [...weights.values()])
  for (const [index, { name, shape, deviation }] of specs.entries()) {
    const names = stateNames(name)
    const before = {
      weight: weights.get(name)!,
      sum: g.input(names.sum, 'float32', shape),
      squareSum: g.input(names.squareSum, 'float32', shape),
    }
    const next = adamW(g, before, gradients[index]!, scalars, { decayed: deviation !== 'one' })
    for (const part of STATE_PARTS) g.output(next[part], nextName(names[part]), shape)
  }
  return g.build()
}

function dropoutInputs(g: Graph, config: TransformerConfig): Tensor[] {
  const factors = g.input('dropout', 'float32', [dropoutSites(config), 'B', 1, config.width])
  return Array.from({ length: dropoutSites(config) }, (_, site) =>
    g.emit('Gather', [factors, g.scalarInteger(site)], { attributes: { axis: 0 } }),
  )
}
