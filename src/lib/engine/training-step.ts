import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { AdamWState } from './adamw.ts'
import type { TokenBatch } from './batches.ts'
import type { DeviceOptions, SessionOptions } from './device.ts'
import { createSession, freeTensor } from './device.ts'
import type { Dropout } from './dropout.ts'
import { dropoutFactors, dropoutSites } from './dropout.ts'
import type { OnnxGraph } from './onnx.ts'
import type { TransformerConfig } from './sizes.ts'
import { gradientName, trainingGraph } from './training-graph.ts'
import { causalMask, parameterSpecs } from './transformer.ts'
import { WeightUpdater } from './weight-updater.ts'
import type { Arrays, NamedArray } from './weights.ts'
import { elements } from './weights.ts'

/** Names of the arrays that a weight carries through a training: itself and AdamW's two sums. */
export function stateNames(name: string): Record<keyof AdamWState, string> {
  return { weight: name, sum: `${name}.sum`, squareSum: `${name}.square_sum` }
}

/** The trained parameters, and how a step computes their gradients. */
export interface Trainable {
  /** Takes a batch, the mask of its attention and all arrays by name; gives `loss` and the gradients of the specs. */
  graph: OnnxGraph
  specs: readonly TrainableSpec[]
  /** Input arrays of the graph that stay unchanged. */
  frozen?: Arrays
  /** Further inputs of the graph in step t (from 1); `dropping` is false if a loss is only measured. */
  inputs?(batch: TokenBatch, step: { t: number; dropping: boolean }): Record<string, GraphInput>
}

export interface TrainableSpec {
  name: string
  shape: readonly number[]
  /** False for the gains of the norms and for biases. */
  decayed: boolean
}

export type GraphInput = NamedArray | { shape: readonly number[]; data: BigInt64Array }

/** Inputs and outputs of a step other than the batch: views of the arrays that are updated. */
interface Bound {
  /** Weights, trained and frozen, by name. */
  feeds: Readonly<Record<string, Tensor>>
  /** The gradients and the loss. */
  fetches: Readonly<Record<string, Tensor>>
  loss: Float32Array
}

/** The model in training: ONNX Runtime computes loss and gradients, AdamW then updates the weights in place. */
export class TrainingStep {
  readonly #ort: typeof import('onnxruntime-node')
  readonly #session: InferenceSession
  readonly #inputs: Trainable['inputs']
  readonly #specs: readonly TrainableSpec[]
  readonly #updater: WeightUpdater
  readonly #bound: Bound

  private constructor(
    ort: typeof import('onnxruntime-node'),
    session: InferenceSession,
    { specs, frozen = new Map(), inputs }: Trainable,
    updater: WeightUpdater,
  ) {
    this.#ort = ort
    this.#session = session
    this.#inputs = inputs
    this.#specs = specs
    this.#updater = updater
    const tensor = (data: Float32Array, shape: readonly number[]) => new ort.Tensor('float32', data, shape)
    const loss = new Float32Array(1)
    const entries = specs.map(({ name, shape }, index) => {
      const { weight, gradient } = updater.arrays[index]!
      return { name, weight: tensor(weight, shape), gradient: tensor(gradient, shape) }
    })
    this.#bound = {
      feeds: Object.fromEntries([
        ...Array.from(frozen, ([name, { shape, data }]) => [name, tensor(data, shape)] as const),
        ...entries.map(({ name, weight }) => [name, weight] as const),
      ]),
      fetches: Object.fromEntries([
        ['loss', tensor(loss, [])],
        ...entries.map(({ name, gradient }) => [gradientName(name), gradient] as const),
      ]),
      loss,
    }
  }

  /** A local model. `start` is a complete state, or only the weights: the optimizer's sums are then zero. */
  static create(
    config: TransformerConfig,
    start: Arrays,
    { dropout, ...options }: DeviceOptions & { dropout?: Dropout | undefined } = {},
  ): Promise<TrainingStep> {
    const trainable: Trainable = {
      graph: trainingGraph(config, { dropout: dropout !== undefined }),
      specs: parameterSpecs(config).map(({ name, shape, deviation }) => {
        return { name, shape, decayed: deviation !== 'one' }
      }),
      ...(dropout && {
        inputs: ({ rows }, { t, dropping }) => {
          const data = dropoutFactors(config, dropping ? dropout : { ...dropout, rate: 0 }, { rows, t })
          return { dropout: { shape: [dropoutSites(config), rows, 1, config.width], data } }
        },
      }),
    }
    return TrainingStep.of(trainable, start, options)
  }

  /** Anything trainable; `start` is as of `create`. */
  static async of(trainable: Trainable, start: Arrays, options: SessionOptions = {}): Promise<TrainingStep> {
    const [ort, session] = await Promise.all([
      import('onnxruntime-node'),
      createSession(trainable.graph, options),
    ])
    const updater = new WeightUpdater(
      trainable.specs.map(({ shape, decayed }) => ({ length: elements(shape), decayed })),
      options,
    )
    for (const [name, { data }] of stateOf(trainable.specs, updater)) {
      const known = start.get(name)
      if (known !== undefined) data.set(known.data)
    }
    return new TrainingStep(ort, session, trainable, updater)
  }

  /** Takes step t (from 1) on a batch; returns the mean loss of its tokens before the update, in nats. */
  async run(batch: TokenBatch, t: number, learningRate: number): Promise<number> {
    const loss = await this.#differentiate(batch, { t, dropping: true })
    this.#updater.update({ t, learningRate })
    return loss
  }

  /** The mean loss of a batch's tokens, in nats, without dropout. */
  async loss(batch: TokenBatch): Promise<number> {
    return this.#differentiate(batch, { t: 1, dropping: false })
  }

  /** Weights and AdamW's sums by name, such as `embedding.sum`; the next step changes them. */
  get state(): Arrays {
    return stateOf(this.#specs, this.#updater)
  }

  async close(): Promise<void> {
    await this.#updater.close()
    await this.#session.release()
  }

  /** The loss of a batch; the gradients are left in the parameters' buffers. */
  async #differentiate(batch: TokenBatch, step: { t: number; dropping: boolean }): Promise<number> {
    const { rows, length, ids, targets, weights } = batch
    const { attention = { shape: [length, length], data: causalMask(length) } } = batch
    const { Tensor } = this.#ort
    const more = Object.entries(this.#inputs?.(batch, step) ?? {}).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int64', data, shape),
    ])
    const { feeds, fetches, loss } = this.#bound
    const copies = await this.#session.run(
      {
        ids: new Tensor('int64', ids, [rows, length]),
        targets: new Tensor('int64', targets, [rows, length, 1]),
        weights: new Tensor('float32', weights, [rows, length, 1]),
        mask: new Tensor('float32', attention.data, attention.shape),
        ...Object.fromEntries(more),
        ...feeds,
      },
      fetches,
    )
    // Outputs written into our arrays are also returned as copies: memory to release at once, as much as the weights
    // take.
    for (const [name, copy] of Object.entries(copies)) if (copy !== fetches[name]) freeTensor(copy)
    return loss[0]!
  }
}

function stateOf(specs: readonly TrainableSpec[], { arrays }: WeightUpdater): Arrays {
  const entries = specs.flatMap(({ name, shape }, index) =>
    Object.entries(stateNames(name)).map(
      ([part, own]) => [own, { shape, data: arrays[index]![part as keyof AdamWState] }] as const,
    ),
  )
  return new Map(entries)
}
