import type { DeviceOptions } from '../device.ts'
import type { Trainable } from '../training-step.ts'
import { TrainingStep } from '../training-step.ts'
import type { Arrays } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import { fineTuningGraph } from './graphs.ts'
import type { AdapterSettings } from './lora.ts'
import { adapterSpecs } from './lora.ts'
import { weightSpecs } from './parameters.ts'

export interface FineTuningStepOptions extends DeviceOptions {
  config: PretrainedConfig
  weights: Arrays
  /** If given, its factors are trained and the weights stay unchanged. */
  lora?: AdapterSettings | undefined
  /** State of the trained weights: that of a checkpoint, or the initial factors. By default the model's own weights. */
  state?: Arrays | undefined
}

/** A pretrained model in training. Trained arrays are copied, the others are not. */
export function createFineTuningStep({
  config,
  weights,
  lora,
  state = weights,
  ...options
}: FineTuningStepOptions): Promise<TrainingStep> {
  const specs = lora === undefined ? weightSpecs(config) : adapterSpecs(config, lora)
  const trainable: Trainable = {
    graph: fineTuningGraph(config, lora),
    specs: specs.map((spec) => ({ ...spec, decayed: spec.shape.length > 1 })),
    ...(lora && { frozen: weights }),
    inputs: ({ rows, length }) => {
      const data = BigInt64Array.from({ length: rows * length }, (_, index) => BigInt(index % length))
      return { positions: { shape: [rows, length], data } }
    },
  }
  return TrainingStep.of(trainable, state, { ...options, large: true })
}
