import { elements } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import type { AdapterSettings } from './lora.ts'
import { adapterSpecs } from './lora.ts'
import { countPretrainedParameters } from './parameters.ts'

/** What a training holds at once. */
export interface TrainingMemory {
  parameters: number
  /** Numbers that are trained. */
  trained: number
  /** Weights, gradients and AdamW's sums. */
  stateBytes: number
  /** What the largest batch computes, an estimate. */
  batchBytes: number
  bytes: number
}

const FLOAT = 4
/** The gradient and AdamW's two sums. */
const BESIDE_A_WEIGHT = 3
/** Arrays of [B, T, V] that live at once: scores, log-probabilities, their gradient. */
const SCORE_ARRAYS = 3

/** Memory of fine-tuning, estimated: whole, or by LoRA. A batch has `rows` texts of `length` tokens. */
export function estimateTrainingMemory(
  config: PretrainedConfig,
  { lora, rows, length }: { lora?: AdapterSettings | undefined; rows: number; length: number },
): TrainingMemory {
  const parameters = countPretrainedParameters(config)
  const trained =
    lora === undefined
      ? parameters
      : adapterSpecs(config, lora).reduce((total, { shape }) => total + elements(shape), 0)
  const frozen = lora === undefined ? 0 : parameters
  const stateBytes = FLOAT * (frozen + (1 + BESIDE_A_WEIGHT) * trained)
  const { width: D, hidden: F, heads: H, keyValueHeads: Kv, headSize: K, layers, vocabulary: V } = config
  // What the backward pass of a layer reads: two norms and the stream, projections before and after the rotation,
  // scores with their softmax, and the gated layer's five arrays.
  const perToken = 6 * D + 2 * (H + 2 * Kv) * K + 2 * H * K + 3 * H * length + 5 * F
  const batchBytes = FLOAT * rows * length * (layers * perToken + SCORE_ARRAYS * V)
  return { parameters, trained, stateBytes, batchBytes, bytes: stateBytes + batchBytes }
}

/** Memory of completing and scoring, estimated: the weights as they are read and as the runtime lays them out. */
export function estimateDecodingMemory(config: PretrainedConfig): number {
  return 2 * FLOAT * countPretrainedParameters(config)
}
