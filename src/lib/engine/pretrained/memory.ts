import { MOST_SCORES } from '../decoder.ts'
import { elements } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import type { AdapterSettings } from './lora.ts'
import { adapterSpecs } from './lora.ts'
import { countPretrainedParameters } from './parameters.ts'

/** The memory that a training needs at once. */
export interface TrainingMemory {
  parameters: number
  /** Numbers that are trained. */
  trained: number
  /** Weights, gradients and AdamW's sums. */
  stateBytes: number
  /** Estimate of the memory for the largest batch. */
  batchBytes: number
  bytes: number
}

const FLOAT = 4
/** The gradient and AdamW's two sums. */
const BESIDE_A_WEIGHT = 3
/** Arrays of [B, T, V] that live at once: scores, log-probabilities, their gradient. */
const SCORE_ARRAYS = 3
/** Arrays of [V, D] in the gradient of an embedding: its rows, the output layer's part, and their sum. */
const TABLE_ARRAYS = 3
/** ONNX Runtime's memory grows by doubling: a part of it stays unused. */
const SPARE = 1.25
/** Node, its libraries and the tokenizer. */
const PROCESS_BYTES = 150e6

/**
 * Estimated memory of fine-tuning all weights, or by LoRA. A batch has `rows` texts of `length` tokens. For
 * SmolLM2-135M and batches of 16 · 24 tokens: 3.9 GB for all weights and 1.9 GB for LoRA; measured were 4.0 and 1.6 GB.
 */
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
  // Read by the backward pass of a layer: two norms and the stream, projections before and after the rotation, scores
  // with their softmax, and the five arrays of the gated layer.
  const perToken = 6 * D + 2 * (H + 2 * Kv) * K + 2 * H * K + 3 * H * length + 5 * F
  const tables = lora === undefined ? TABLE_ARRAYS * V * D : 0
  const batchBytes = Math.round(
    SPARE * FLOAT * (rows * length * (layers * perToken + SCORE_ARRAYS * V) + tables),
  )
  return { parameters, trained, stateBytes, batchBytes, bytes: stateBytes + batchBytes + PROCESS_BYTES }
}

/** Rows and positions that are computed together at most, of a usual length, in completing and scoring. */
const DECODING = { rows: 64, length: 32 }

/** Memory of completing and scoring, estimated. */
export function estimateDecodingMemory(config: PretrainedConfig): number {
  const { rows, length } = DECODING
  const scores = 2 * Math.min(rows * length * config.vocabulary, MOST_SCORES)
  return PROCESS_BYTES + FLOAT * (countPretrainedParameters(config) + scores)
}
