import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { AdamWState } from './adamw.ts'
import { updateAdamW } from './adamw.ts'
import type { TokenBatch } from './batches.ts'
import type { DeviceOptions } from './device.ts'
import { createSession } from './device.ts'
import type { Dropout } from './dropout.ts'
import { dropoutFactors, dropoutSites } from './dropout.ts'
import type { TransformerConfig } from './sizes.ts'
import { gradientName, trainingGraph } from './training-graph.ts'
import { causalMask, parameterSpecs } from './transformer.ts'
import type { Arrays } from './weights.ts'
import { elements } from './weights.ts'

/** Names of the arrays that a weight carries through a training: itself and AdamW's two sums. */
export function stateNames(name: string): Record<keyof AdamWState, string> {
  return { weight: name, sum: `${name}.sum`, squareSum: `${name}.square_sum` }
}

/** A weight in training, with the buffers that it shares with ONNX Runtime. */
interface Parameter {
  name: string
  shape: readonly number[]
  /** False for the gains of the norms. */
  decayed: boolean
  state: AdamWState
  weight: Tensor
  gradient: Tensor
}

/** The model in training: ONNX Runtime computes loss and gradients, AdamW then updates the weights in place. */
export class TrainingStep {
  readonly #ort: typeof import('onnxruntime-node')
  readonly #session: InferenceSession
  readonly #config: TransformerConfig
  readonly #dropout: Dropout | undefined
  readonly #parameters: readonly Parameter[]

  private constructor(
    ort: typeof import('onnxruntime-node'),
    session: InferenceSession,
    { config, dropout }: { config: TransformerConfig; dropout: Dropout | undefined },
    parameters: readonly Parameter[],
  ) {
    this.#ort = ort
    this.#session = session
    this.#config = config
    this.#dropout = dropout
    this.#parameters = parameters
  }

  /** `start` is a whole state, or the weights alone: the sums are then zero. */
  static async create(
    config: TransformerConfig,
    start: Arrays,
    { dropout, ...options }: DeviceOptions & { dropout?: Dropout | undefined } = {},
  ): Promise<TrainingStep> {
    const [ort, session] = await Promise.all([
      import('onnxruntime-node'),
      createSession(trainingGraph(config, { dropout: dropout !== undefined }), options),
    ])
    const parameters = parameterSpecs(config).map(({ name, shape, deviation }): Parameter => {
      const names = stateNames(name)
      const array = (own: string) => start.get(own)?.data.slice() ?? new Float32Array(elements(shape))
      const state = {
        weight: array(names.weight),
        sum: array(names.sum),
        squareSum: array(names.squareSum),
      }
      const tensor = (data: Float32Array) => new ort.Tensor('float32', data, shape)
      const gradient = tensor(new Float32Array(elements(shape)))
      return { name, shape, decayed: deviation !== 'one', state, weight: tensor(state.weight), gradient }
    })
    return new TrainingStep(ort, session, { config, dropout }, parameters)
  }

  /** Take step t (from 1) on a batch; the mean loss of its tokens before the update, in nats. */
  async run(batch: TokenBatch, t: number, learningRate: number): Promise<number> {
    const loss = await this.#differentiate(batch, t, this.#dropout)
    for (const { state, gradient, decayed } of this.#parameters) {
      updateAdamW(state, gradient.data as Float32Array, { t, learningRate, decayed })
    }
    return loss
  }

  /** The mean loss of a batch's tokens, in nats, without dropout. */
  async loss(batch: TokenBatch): Promise<number> {
    return this.#differentiate(batch, 1, this.#dropout && { ...this.#dropout, rate: 0 })
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
  async #differentiate(batch: TokenBatch, t: number, dropout: Dropout | undefined): Promise<number> {
    const { rows, length, ids, targets, weights } = batch
    const { Tensor } = this.#ort
    const config = this.#config
    const loss = new Tensor('float32', new Float32Array(1), [])
    const byName = (pick: (parameter: Parameter) => [string, Tensor]) =>
      Object.fromEntries(this.#parameters.map(pick))
    await this.#session.run(
      {
        ids: new Tensor('int64', ids, [rows, length]),
        targets: new Tensor('int64', targets, [rows, length, 1]),
        weights: new Tensor('float32', weights, [rows, length, 1]),
        mask: new Tensor('float32', causalMask(length), [length, length]),
        ...(dropout && {
          dropout: new Tensor('float32', dropoutFactors(config, dropout, { rows, t }), [
            ...[dropoutSites(config), rows, 1, config.width],
          ]),
        }),
        ...byName(({ name, weight }) => [name, weight]),
      },
      { loss, ...byName(({ name, gradient }) => [gradientName(name), gradient]) },
    )
    return (loss.data as Float32Array)[0]!
  }
}
