import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { chunksByWeight } from '../support/chunks.ts'
import { cacheNames, nextTokenGraph, presentName, scoringGraph } from './decoding-graph.ts'
import type { DeviceOptions } from './device.ts'
import { createSession, freeTensor } from './device.ts'
import { looksBothWays } from './objectives.ts'
import type { OnnxGraph } from './onnx.ts'
import type { NextTokens, RowDecoder, Rows } from './row-decoder.ts'
import type { TransformerConfig } from './sizes.ts'
import type { TargetRow } from './target-rows.ts'
import type { TreeQuery } from './token-tree.ts'
import { TokenTree } from './token-tree.ts'
import { BLOCKED } from './transformer.ts'
import type { Arrays } from './weights.ts'
import { elements } from './weights.ts'

/** A model as a decoder runs it: its graphs, and the shape of the keys and values that they take. */
export interface Decodable {
  /** Scores at each position (V). */
  vocabulary: number
  /** Longest text in tokens. */
  positions: number
  layers: number
  /** Heads of keys and values (H). */
  heads: number
  /** Width of a head (K). */
  size: number
  /** As `nextTokenGraph` and `scoringGraph` of decoding-graph.ts. */
  graphs: Record<DecodingGraph, () => OnnxGraph>
  /** Weights that the graphs take as inputs; others hold theirs themselves. */
  weights?: Arrays
  /** True if positions also attend to later ones; then there are no keys and values to reuse. */
  bothWays?: boolean
  /** As of `SessionOptions`. */
  large?: boolean
}

type DecodingGraph = 'nextToken' | 'scoring'

/** Scores of all tokens at all positions that are held at once: 256 MiB. */
export const MOST_SCORES = 2 ** 26

/** Any token may be used for padding. */
export const PADDING = 0

/** Tokens of endings that are read as one row. Each looks at all of them, so more take longer. */
const MOST_NODES = 256

/** A local model. */
export function localDecodable(config: TransformerConfig, weights: Arrays): Decodable {
  const { vocabulary, positions, layers, heads, width } = config
  return {
    ...{ vocabulary, positions, layers, heads, size: width / heads, bothWays: looksBothWays(config) },
    graphs: {
      nextToken: () => nextTokenGraph(config, weights),
      scoring: () => scoringGraph(config, weights),
    },
  }
}

/** Keys and values of P positions of B texts, by the names of the graph's inputs; each [B, H, P, K]. */
export interface Cache {
  length: number
  tensors: Record<string, Tensor>
  /** Released with them: ONNX Runtime returns its results as copies. */
  scores?: Tensor
}

/** Runs a trained model's two graphs: next-token scores, and log-probabilities of given texts. */
export class Decoder implements RowDecoder<Cache> {
  readonly #model: Decodable
  readonly #options: DeviceOptions
  readonly #weights: Readonly<Record<string, Tensor>>
  readonly #ort: typeof import('onnxruntime-node')
  readonly #sessions = new Map<DecodingGraph, Promise<InferenceSession>>()

  constructor(ort: typeof import('onnxruntime-node'), model: Decodable, options: DeviceOptions) {
    this.#ort = ort
    this.#model = model
    this.#options = options
    this.#weights = Object.fromEntries(
      Array.from(model.weights ?? [], ([name, { shape, data }]) => [
        name,
        new ort.Tensor('float32', data, shape),
      ]),
    )
  }

  async next(rows: Rows<Cache>): Promise<NextTokens<Cache>> {
    const session = await this.#session('nextToken')
    const result = await session.run(this.#inputs(rows))
    const tensors = Object.fromEntries(this.#cacheNames().map((name) => [name, result[presentName(name)]!]))
    const length = (rows.past?.length ?? 0) + rows.ids[0]!.length
    if (rows.past !== undefined) this.release(rows.past)
    const scores = result.logits!
    return { logits: scores.data as Float32Array, past: { length, tensors, scores } }
  }

  async logprobs(rows: readonly TargetRow[]): Promise<Float32Array[]> {
    const length = Math.max(...rows.map(({ ids }) => ids.length)) - 1
    const padded = (ids: readonly number[]) => [...ids, ...Array(length - ids.length).fill(PADDING)]
    const queries = rows.map(({ ids, from }, row) =>
      ids.slice(from).map((token, index) => ({ node: row * length + from - 1 + index, token })),
    )
    return this.#score(this.#inputs({ ids: rows.map(({ ids }) => padded(ids.slice(0, -1))) }), queries)
  }

  async logprobsAfter(
    text: readonly number[],
    endings: readonly (readonly number[])[],
  ): Promise<Float32Array[]> {
    const { vocabulary, positions } = this.#model
    // No operation takes a row that is longer than the longest text.
    const most = Math.min(MOST_NODES, positions, Math.floor(MOST_SCORES / vocabulary))
    const lengthOf = ({ length }: readonly number[]) => length
    const whole = endings.reduce((total, ids) => total + lengthOf(ids), text.length) <= most
    const batches = whole ? [endings] : chunksByWeight(endings, { most: most - 1, weightOf: lengthOf })
    // If the text is not read together with its endings, all but its last token is read before them.
    const read = whole ? 0 : text.length - 1
    const past = read > 0 ? (await this.next({ ids: [text.slice(0, read)] })).past : undefined
    const logprobs: Float32Array[] = []
    for (const batch of batches) {
      const tree = new TokenTree()
      const end = tree.read(-1, text.slice(read))
      const queries = batch.map((ids) => tree.ask(end, ids))
      logprobs.push(...(await this.#score(this.#treeInputs(tree, past), queries)))
    }
    if (past !== undefined) this.release(past)
    return logprobs
  }

  /** The log-probability of each query, in the places' order: nodes are positions of all rows, one after another. */
  async #score(
    inputs: Record<string, Tensor>,
    queries: readonly (readonly TreeQuery[])[],
  ): Promise<Float32Array[]> {
    const { Tensor } = this.#ort
    const asked = queries.flat()
    if (asked.length === 0) return queries.map(() => new Float32Array())
    const places = [...new Set(asked.map(({ node }) => node))]
    const placeOf = new Map(places.map((node, index) => [node, index]))
    const chosen = asked.flatMap(({ node, token }) => [placeOf.get(node)!, token])
    const session = await this.#session('scoring')
    const result = await session.run({
      ...inputs,
      places: new Tensor('int64', BigInt64Array.from(places, BigInt), [places.length]),
      chosen: new Tensor('int64', BigInt64Array.from(chosen, BigInt), [asked.length, 2]),
    })
    const logprobs = result.logprobs!.data as Float32Array
    let start = 0
    return queries.map(({ length }) => {
      start += length
      return logprobs.subarray(start - length, start)
    })
  }

  select(past: Cache, rows: readonly number[]): Cache {
    const { length, tensors } = past
    const selected = Object.entries(tensors).map(([name, { data, dims }]) => {
      const shape = dims.slice(1)
      const size = elements(shape)
      const chosen = new Float32Array(rows.length * size)
      for (const [index, row] of rows.entries()) {
        chosen.set((data as Float32Array).subarray(row * size, (row + 1) * size), index * size)
      }
      return [name, new this.#ort.Tensor('float32', chosen, [rows.length, ...shape])] as const
    })
    this.release(past)
    return { length, tensors: Object.fromEntries(selected) }
  }

  /** Frees memory at once: left to the garbage collector it cost a collection for every few tokens. */
  release({ tensors, scores }: Cache): void {
    for (const tensor of Object.values(tensors)) freeTensor(tensor)
    if (scores !== undefined) freeTensor(scores)
  }

  async close(): Promise<void> {
    const sessions = await Promise.all(this.#sessions.values())
    await Promise.all(sessions.map((session) => session.release()))
  }

  #inputs({ ids, padding = [], past = this.#emptyCache(ids.length) }: Rows<Cache>): Record<string, Tensor> {
    const { Tensor } = this.#ort
    const B = ids.length
    const T = ids[0]!.length
    const P = past.length
    const positions = new BigInt64Array(B * T)
    const mask = new Float32Array((padding.length || 1) * T * (P + T))
    for (let row = 0; row < B; row++) {
      const padded = padding[row] ?? 0
      for (let t = 0; t < T; t++) positions[row * T + t] = BigInt(Math.max(P + t - padded, 0))
      if (row > 0 && padding.length === 0) continue
      for (let t = 0; t < T; t++) {
        const start = (row * T + t) * (P + T)
        mask.fill(BLOCKED, start, start + padded)
        if (!this.#model.bothWays) mask.fill(BLOCKED, start + P + t + 1, start + P + T)
      }
    }
    return {
      ids: new Tensor('int64', BigInt64Array.from(ids.flat(), BigInt), [B, T]),
      positions: new Tensor('int64', positions, [B, T]),
      mask: new Tensor('float32', mask, [padding.length || 1, 1, T, P + T]),
      ...past.tensors,
      ...this.#weights,
    }
  }

  #treeInputs(tree: TokenTree, past: Cache = this.#emptyCache(1)): Record<string, Tensor> {
    const { Tensor } = this.#ort
    const T = tree.ids.length
    const positions = tree.depths.map((depth) => BigInt(past.length + depth))
    return {
      ids: new Tensor('int64', BigInt64Array.from(tree.ids, BigInt), [1, T]),
      positions: new Tensor('int64', BigInt64Array.from(positions), [1, T]),
      mask: new Tensor('float32', tree.mask(BLOCKED, past.length), [1, 1, T, past.length + T]),
      ...past.tensors,
      ...this.#weights,
    }
  }

  #emptyCache(rows: number): Cache {
    const { heads, size } = this.#model
    const empty = new this.#ort.Tensor('float32', new Float32Array(), [rows, heads, 0, size])
    return { length: 0, tensors: Object.fromEntries(this.#cacheNames().map((name) => [name, empty])) }
  }

  #cacheNames(): string[] {
    return Array.from({ length: this.#model.layers }, (_, layer) => Object.values(cacheNames(layer))).flat()
  }

  /** Each graph is made when it is first needed. */
  #session(graph: DecodingGraph): Promise<InferenceSession> {
    const known = this.#sessions.get(graph)
    if (known) return known
    const session = createSession(this.#model.graphs[graph](), { ...this.#options, large: this.#model.large })
    this.#sessions.set(graph, session)
    return session
  }
}
