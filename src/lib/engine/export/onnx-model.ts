/** A decoder for ONNX Runtime with the inputs and outputs that Hugging Face's Optimum and Transformers.js expect. */
import { cacheShape } from '../decoding-graph.ts'
import type { Tensor } from '../graph.ts'
import { Graph } from '../graph.ts'
import type { StoredModel } from '../model-files.ts'
import { encodeModel } from '../onnx.ts'
import { BLOCKED, logits, parameterSpecs, rotaryTables, transformer } from '../transformer.ts'

/**
 * The bytes of an ONNX file. Inputs: `input_ids`, `position_ids` [B, T], `attention_mask` [B, P + T] (0 on padding),
 * `past_key_values.LAYER.key` and `.value` [B, H, P, K]. Outputs: `logits` [B, T, V], `present.LAYER.key` and
 * `.value` [B, H, P + T, K]. Rotary positions are ONNX Runtime's own operation, so it takes that runtime.
 */
export function encodeOnnxModel({ config, weights: arrays }: StoredModel): Uint8Array {
  const g = new Graph('decoder')
  const ids = g.input('input_ids', 'int64', ['B', 'T'])
  const attention = g.input('attention_mask', 'int64', ['B', 'P + T'])
  const positions = g.input('position_ids', 'int64', ['B', 'T'])
  const past = Array.from({ length: config.layers }, (_, layer) => {
    const cached = (part: string) =>
      g.input(`past_key_values.${layer}.${part}`, 'float32', cacheShape(config, 'P'))
    return { keys: cached('key'), values: cached('value') }
  })
  const weights = new Map(
    parameterSpecs(config).map(({ name, shape }) => [name, g.constant(shape, arrays.get(name)!.data)]),
  )
  const rotary = rotaryTables(g, config, positions)
  const mask = additiveMask(g, ids, attention)
  const { states, present } = transformer(g, config, { ids, mask, rotary, weights, past })
  g.output(logits(g, config, states, weights), 'logits', ['B', 'T', config.vocabulary])
  for (const [layer, { keys, values }] of present.entries()) {
    g.output(keys, `present.${layer}.key`, cacheShape(config, 'P + T'))
    g.output(values, `present.${layer}.value`, cacheShape(config, 'P + T'))
  }
  return encodeModel(g.build())
}

/** Added to attention scores, [B, 1, T, P + T]: a position sees itself and earlier ones, but no padding. */
function additiveMask(g: Graph, ids: Tensor, attention: Tensor): Tensor {
  const columns = (tensor: Tensor) =>
    g.emit('Gather', [g.emit('Shape', [tensor]), g.scalarInteger(1)], { attributes: { axis: 0 } })
  const one = g.scalarInteger(1)
  const all = columns(attention)
  const keys = g.emit('Range', [g.scalarInteger(0), all, one]) // [P + T]
  const queries = g.emit('Range', [g.emit('Sub', [all, columns(ids)]), all, one]) // [T]
  const later = g.emit('Greater', [keys, g.emit('Unsqueeze', [queries, g.integers([1])])]) // [T, P + T]
  const padding = g.emit('Equal', [attention, g.scalarInteger(0)]) // [B, P + T]
  const blocked = g.emit('Or', [later, g.emit('Unsqueeze', [padding, g.integers([1, 2])])]) // [B, 1, T, P + T]
  return g.emit('Where', [blocked, g.scalar(BLOCKED), g.scalar(0)])
}
