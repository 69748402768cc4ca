import { dropoutSites } from './dropout.ts'
import type { Tensor } from './graph.ts'
import { Graph } from './graph.ts'
import { looksBothWays } from './objectives.ts'
import type { OnnxGraph } from './onnx.ts'
import { crossEntropy } from './operations.ts'
import type { TransformerConfig } from './sizes.ts'
import { logits, parameterSpecs, rotaryTables, transformer } from './transformer.ts'

/** The output that holds the gradient of a weight. */
export function gradientName(name: string): string {
  return `${name}.gradient`
}

/**
 * The loss of a batch and its gradients as a graph. Inputs: a batch (batches.ts), its attention mask, the dropout
 * factors if dropout is used, and the weights. Outputs: `loss` and the gradient of each weight.
 */
export function trainingGraph(config: TransformerConfig, { dropout }: { dropout: boolean }): OnnxGraph {
  const g = new Graph('training-step')
  const specs = parameterSpecs(config)
  const ids = g.input('ids', 'int64', ['B', 'T'])
  const targets = g.input('targets', 'int64', ['B', 'T', 1])
  const tokenWeights = g.input('weights', 'float32', ['B', 'T', 1])
  const mask = g.input('mask', 'float32', looksBothWays(config) ? ['B', 1, 1, 'T'] : ['T', 'T'])
  const weights = new Map(specs.map(({ name, shape }) => [name, g.parameter(name, shape)]))

  const rotary = rotaryTables(g, config, g.integers([0]))
  const { states } = transformer(g, config, {
    ...{ ids, mask, rotary, weights },
    dropout: dropout ? dropoutInputs(g, config) : undefined,
  })
  const loss = crossEntropy(g, logits(g, config, states, weights), targets, tokenWeights)
  g.output(loss, 'loss', [])
  const gradients = g.gradients(loss, [...weights.values()])
  for (const [index, { name, shape }] of specs.entries()) {
    g.output(gradients[index]!, gradientName(name), shape)
  }
  return g.build()
}

function dropoutInputs(g: Graph, config: TransformerConfig): Tensor[] {
  const factors = g.input('dropout', 'float32', [dropoutSites(config), 'B', 1, config.width])
  return Array.from({ length: dropoutSites(config) }, (_, site) =>
    g.emit('Gather', [factors, g.scalarInteger(site)], { attributes: { axis: 0 } }),
  )
}
