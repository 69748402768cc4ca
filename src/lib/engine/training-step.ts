import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { AdamWState } from './adamw.ts'
import { updateAdamW } from './adamw.ts'
import type { TokenBatch } from './batches.ts'
import type { DeviceOptions, SessionOptions } from './device.ts'
import { createSession } from './device.ts'
import type { Dropout } from './dropout.ts'
import { dropoutFactors, dropoutSites } from './dropout.ts'
import type { OnnxGraph } from './onnx.ts'
import type { TransformerConfig } from './sizes.ts'
import { gradientName, trainingGraph } from './training-graph.ts'
import { causalMask, parameterSpecs } from './transformer.ts'
import type { Arrays, NamedArray } from './weights.ts'
import { elements } from './weights.ts'

/** Names of the arrays that a weight carries through a training: itself and AdamW's two sums. */
export function stateNames(name: string): Record<keyof AdamWState, string> {
  return { weight: name, sum: `${name}.sum`, squareSum: `${name}.square_sum` }
}

/** What is trained, and how a step computes its gradients. */
export interface Trainable {
  /** Takes a batch, the mask of its attention and all arrays by name; gives `loss` and the gradients of the specs. */
  graph: OnnxGraph
  specs: readonly TrainableSpec[]
  /** Arrays that the graph takes and that stay as they are. */
  frozen?: Arrays
  /** What else the graph takes in step t (from 1); `dropping` is false where a loss is only measured. */
  inputs?(batch: TokenBatch, step: { t: number; dropping: boolean }): Record<string, GraphInput>
}

export interface TrainableSpec {
  name: string
  shape: readonly number[]
  /** False for the gains of the norms and for biases. */
  decayed: boolean
}

export type GraphInput = NamedArray | { shape: readonly number[]; data: BigInt64Array }

/** A weight in training, with the buffers that it shares with ONNX Runtime. */
interface Parameter extends TrainableSpec {
  state: AdamWState
  weight: Tensor
  gradient: Tensor
}

/** The model in training: ONNX Runtime computes loss and gradients, AdamW then updates the weights in place. */
export class TrainingStep {
  readonly #ort: typeof import('onnxruntime-node')
  readonly #session: InferenceSession
  readonly #inputs: Trainable['inputs']
  readonly #frozen: Readonly<Record<string, Tensor>>
  readonly #parameters: readonly Parameter[]

  private constructor(
    ort: typeof import('onnxruntime-node'),
    session: InferenceSession,
    { frozen = new Map(), inputs }: Trainable,
    parameters: readonly Parameter[],
  ) {
    this.#ort = ort
    this.#session = session
    this.#inputs = inputs
    this.#frozen = Object.fromEntries(
      Array.from(frozen, ([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)]),
    )
    this.#parameters = parameters
  }

  /** A local model. `start` is a whole state, or the weights alone: the sums are then zero. */
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
    const copies = Array.from(
      start,
      ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const,
    )
    return TrainingStep.of(trainable, new Map(copies), options)
  }

  /** Anything trainable. The arrays of `start`, as of `create`, become the state itself. */
  static async of(trainable: Trainable, start: Arrays, options: SessionOptions = {}): Promise<TrainingStep> {
    const [ort, session] = await Promise.all([
      import('onnxruntime-node'),
      createSession(trainable.graph, options),
    ])
    const parameters = trainable.specs.map((spec): Parameter => {
      const names = stateNames(spec.name)
      const array = (own: string) => start.get(own)?.data ?? new Float32Array(elements(spec.shape))
      const state = {
        weight: array(names.weight),
        sum: array(names.sum),
        squareSum: array(names.squareSum),
      }
      const tensor = (data: Float32Array) => new ort.Tensor('float32', data, spec.shape)
      const gradient = tensor(new Float32Array(elements(spec.shape)))
      return { ...spec, state, weight: tensor(state.weight), gradient }
    })
    return new TrainingStep(ort, session, trainable, parameters)
  }

  /** Take step t (from 1) on a batch; the mean loss of its tokens before the update, in nats. */
  async run(batch: TokenBatch, t: number, learningRate: number): Promise<number> {
    const loss = await this.#differentiate(batch, { t, dropping: true })
    for (const { state, gradient, decayed } of this.#parameters) {
      updateAdamW(state, gradient.data as Float32Array, { t, learningRate, decayed })
    }
    return loss
  }

  /** The mean loss of a batch's tokens, in nats, without dropout. */
  async loss(batch: TokenBatch): Promise<number> {
    return this.#differentiate(batch, { t: 1, dropping: false })
  }

  /** Weights and AdamW's sums by name, such as `embedding.sum`; the next step changes them. */
  get state(): Arrays {
    const arrays = this.#parameters.flatMap(({ name, shape, state }) =>
      Object.entries(stateNames(name)).map(
        ([part, own]) => [own, { shape, data: state[part as keyof AdamWState] }] as const,
      ),
    )
    return new Map(arrays)
  }

  async close(): Promise<void> {
    await this.#session.release()
  }

  /** The loss of a batch; the gradients are left in the parameters' buffers. */
  async #differentiate(batch: TokenBatch, step: { t: number; dropping: boolean }): Promise<number> {
    const { rows, length, ids, targets, weights } = batch
    const { attention = { shape: [length, length], data: causalMask(length) } } = batch
    const { Tensor } = this.#ort
    const loss = new Tensor('float32', new Float32Array(1), [])
    const byName = (pick: (parameter: Parameter) => [string, Tensor]) =>
      Object.fromEntries(this.#parameters.map(pick))
    const more = Object.entries(this.#inputs?.(batch, step) ?? {}).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int64', data, shape),
    ])
    await this.#session.run(
      {
        ids: new Tensor('int64', ids, [rows, length]),
        targets: new Tensor('int64', targets, [rows, length, 1]),
        weights: new Tensor('float32', weights, [rows, length, 1]),
        mask: new Tensor('float32', attention.data, attention.shape),
        ...Object.fromEntries(more),
        ...this.#frozen,
        ...byName(({ name, weight }) => [name, weight]),
      },
      { loss, ...byName(({ name, gradient }) => [gradientName(name), gradient]) },
    )
    return (loss.data as Float32Array)[0]!
  }
}
