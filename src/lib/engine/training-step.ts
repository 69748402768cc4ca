import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { stepScalars } from './adamw.ts'
import type { Batch } from './batches.ts'
import type { DeviceOptions } from './device.ts'
import { createSession } from './device.ts'
import type { Dropout } from './dropout.ts'
import { dropoutFactors, dropoutSites } from './dropout.ts'
import type { TransformerConfig } from './sizes.ts'
import { nextName, stateNames, trainingGraph } from './training-graph.ts'
import { causalMask, parameterSpecs } from './transformer.ts'
import type { Arrays } from './weights.ts'
import { elements } from './weights.ts'

type Tensors = Record<string, Tensor>

/**
 * The model in training: its state and the graph that takes it a step further. The state lives in
 * two sets of buffers; a step reads one, lets ONNX Runtime write into the other, and swaps them.
 */
export class TrainingStep {
  readonly #session: InferenceSession
  readonly #ort: typeof import('onnxruntime-node')
  readonly #config: TransformerConfig
  readonly #dropout: Dropout | undefined
  #state: Tensors
  #next: Tensors

  private constructor(
    ort: typeof import('onnxruntime-node'),
    session: InferenceSession,
    { config, dropout }: { config: TransformerConfig; dropout: Dropout | undefined },
    [state, next]: [Tensors, Tensors],
  ) {
    this.#ort = ort
    this.#config = config
    this.#dropout = dropout
    this.#session = session
    this.#state = state
    this.#next = next
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
    const buffers = () => {
      const names = parameterSpecs(config).flatMap(({ name, shape }) =>
        Object.values(stateNames(name)).map((array) => [array, shape] as const),
      )
      return Object.fromEntries(
        names.map(([name, shape]) => {
          const data = start.get(name)?.data.slice() ?? new Float32Array(elements(shape))
          return [name, new ort.Tensor('float32', data, shape)]
        }),
      )
    }
    return new TrainingStep(ort, session, { config, dropout }, [buffers(), buffers()])
  }

  /** Take step t (from 1) on a batch; the mean loss of its tokens before the update, in nats. */
  async run(batch: Batch, t: number, learningRate: number): Promise<number> {
    const loss = await this.#run(batch, t, learningRate, this.#dropout)
    ;[this.#state, this.#next] = [this.#next, this.#state]
    return loss
  }

  /** The mean loss of a batch's tokens, in nats, without dropout. */
  async loss(batch: Batch): Promise<number> {
    return this.#run(batch, 1, 0, this.#dropout && { ...this.#dropout, rate: 0 }) // What the step leaves in the other buffers is never read.
  }

  /** Weights and AdamW's sums by name, such as `embedding.sum`; valid until the next step. */
  get state(): Arrays {
    return new Map(
      Object.entries(this.#state).map(([name, { dims, data }]) => [
        name,
        { shape: dims, data: data as Float32Array },
      ]),
    )
  }

  async close(): Promise<void> {
    await this.#session.release()
  }

  async #run(
    { rows, length, ids, targets, weights }: Batch,
    t: number,
    learningRate: number,
    dropout: Dropout | undefined,
  ): Promise<number> {
    const config = this.#config
    const { Tensor } = this.#ort
    const scalars = Object.entries(stepScalars(t, learningRate)).map(
      ([name, value]) => [name, new Tensor('float32', Float32Array.of(value), [])] as const,
    )
    const loss = new Tensor('float32', new Float32Array(1), [])
    await this.#session.run(
      {
        ids: new Tensor('int64', ids, [rows, length]),
        targets: new Tensor('int64', targets, [rows, length, 1]),
        weights: new Tensor('float32', weights, [rows, length, 1]),
        mask: new Tensor('float32', causalMask(length), [length, length]),
        ...Object.fromEntries(scalars),
        ...(dropout && {
          dropout: new Tensor('float32', dropoutFactors(config, dropout, { rows, t }), [
            ...[dropoutSites(config), rows, 1, config.width],
          ]),
        }),
        ...this.#state,
      },
      {
        loss,
        ...Object.fromEntries(Object.entries(this.#next).map(([name, tensor]) => [nextName(name), tensor])),
      },
    )
    return (loss.data as Float32Array)[0]!
  }
}
