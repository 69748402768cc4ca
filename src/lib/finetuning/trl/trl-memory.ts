import type { ModelShape } from './model-shape.ts'
import { countShapeParameters, linearShapes } from './model-shape.ts'
import type { TrainerConfig } from './trainer-config.ts'

/** Estimates of the memory that one GPU, or the processor, needs at once. */
export interface TrlMemory {
  parameters: number
  /** Numbers that are trained. */
  trained: number
  /** Weights, gradients and AdamW's sums, of one GPU. */
  stateBytes: number
  /** Memory for the largest batch on one GPU. */
  batchBytes: number
  bytes: number
}

type MemoryConfig = Pick<
  TrainerConfig,
  'lora' | 'precision' | 'gradient_checkpointing' | 'shard' | 'micro_batch_size'
>

/** In float32: the weight, its gradient and AdamW's two sums. */
const TRAINED_BYTES = 16
/** CUDA, its libraries and the blocks that an allocator keeps; on the processor Python with torch. */
const PROCESS_BYTES = 1.2e9
/** Arrays of a block that its backward pass reads, per token, in widths (arXiv 2205.05198, with flash attention). */
const STREAMS = 10
/** Tokens whose scores are computed at once: TRL never holds those of a whole batch. */
const SCORED_TOKENS = 256

/** Memory of a training by TRL, from the model's shape. `length` is that of the longest text in tokens. */
export function estimateTrlMemory(
  shape: ModelShape,
  config: MemoryConfig,
  { length, gpus }: { length: number; gpus: number },
): TrlMemory {
  const { lora, precision, gradient_checkpointing: recomputes, shard, micro_batch_size: rows } = config
  const parameters = countShapeParameters(shape)
  const factors = linearShapes(shape).reduce((total, [inputs, outputs]) => total + inputs + outputs, 0)
  const trained = lora === null ? parameters : lora.rank * factors * shape.layers
  const number = precision === 'fp32' ? 4 : 2
  const frozen = lora === null ? 0 : number * parameters
  const stateBytes = (frozen + TRAINED_BYTES * trained) / (shard ? Math.max(1, gpus) : 1)
  const { width, hidden, queries, keys, feedForward, layers, vocabulary } = shape
  const block = STREAMS * width + queries + 2 * keys + (feedForward + 1) * hidden
  const perToken = recomputes ? layers * width + block : layers * block
  const tokens = rows * length
  const scores = 3 * 4 * vocabulary * Math.min(tokens, SCORED_TOKENS)
  const batchBytes = Math.round(number * tokens * perToken + scores)
  return { parameters, trained, stateBytes, batchBytes, bytes: stateBytes + batchBytes + PROCESS_BYTES }
}
