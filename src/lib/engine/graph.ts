import type { AttributeValue, ElementType, OnnxConstant, OnnxGraph, OnnxNode, OnnxValue } from './onnx.ts'

/** A value in a graph. */
export interface Tensor {
  readonly name: string
  /** True for parameters and everything computed from them. */
  readonly differentiable: boolean
}

/** Turns the gradients of an operation's outputs into those of its inputs; undefined for inputs that need none. */
type Pullback = (...gradients: Tensor[]) => (Tensor | undefined)[]

interface TapeEntry {
  inputs: readonly Tensor[]
  outputs: readonly Tensor[]
  pullback: Pullback
}

interface EmitOptions {
  domain?: string
  outputs?: number
  attributes?: Record<string, AttributeValue>
}

/**
 * Builds one ONNX graph. Differentiable operations (operations.ts) write their nodes with `emit` and tell
 * `record` how gradients flow back; `gradients` then adds the backward pass to the same graph.
 */
export class Graph {
  readonly #name: string
  readonly #nodes: OnnxNode[] = []
  readonly #inputs: OnnxValue[] = []
  readonly #outputs: OnnxValue[] = []
  readonly #constants = new Map<string, OnnxConstant>()
  readonly #outputOf = new Map<string, string>()
  readonly #tape: TapeEntry[] = []
  #count = 0

  constructor(name: string) {
    this.#name = name
  }

  /** A value given at each run. */
  input(name: string, type: ElementType, shape: OnnxValue['shape']): Tensor {
    this.#inputs.push({ name, type, shape })
    return { name, differentiable: false }
  }

  /** A float32 input to which gradients flow. */
  parameter(name: string, shape: readonly number[]): Tensor {
    return { ...this.input(name, 'float32', shape), differentiable: true }
  }

  /** Makes a computed value an output of the graph, with its own name. */
  output(tensor: Tensor, name: string, shape: OnnxValue['shape']): void {
    const given = this.#outputOf.has(tensor.name) ? this.emit('Identity', [tensor]) : tensor
    this.#outputs.push({ name, type: 'float32', shape })
    this.#outputOf.set(given.name, name)
  }

  /** A float32 value that is part of the graph. */
  constant(shape: readonly number[], data: Float32Array): Tensor {
    return this.#constant(`array_${this.#constants.size}`, 'float32', shape, data)
  }

  scalar(value: number): Tensor {
    return this.#shared('float32', [], Float32Array.of(value))
  }

  /** A list of integers, such as a shape or axes. */
  integers(values: readonly number[]): Tensor {
    return this.#shared('int64', [values.length], BigInt64Array.from(values, BigInt))
  }

  /** One integer, such as an index. */
  scalarInteger(value: number): Tensor {
    return this.#shared('int64', [], BigInt64Array.of(BigInt(value)))
  }

  /** Writes one operation; returns its first (or only) output. */
  emit(opType: string, inputs: readonly Tensor[], options: EmitOptions = {}): Tensor {
    return this.emitAll(opType, inputs, options)[0]!
  }

  /** Writes one operation with several outputs. */
  emitAll(opType: string, inputs: readonly Tensor[], options: EmitOptions = {}): Tensor[] {
    const { domain, outputs = 1, attributes } = options
    const differentiable = inputs.some((tensor) => tensor.differentiable)
    const results = Array.from({ length: outputs }, () => ({
      name: `${opType}_${this.#count++}`,
      differentiable,
    }))
    this.#nodes.push({
      opType,
      inputs: inputs.map(({ name }) => name),
      outputs: results.map(({ name }) => name),
      ...(domain !== undefined && { domain }),
      ...(attributes && { attributes }),
    })
    return results
  }

  /** Remember how the gradient of an operation's one output flows back to its inputs. */
  record(inputs: readonly Tensor[], output: Tensor, pullback: Pullback): Tensor {
    this.recordAll(inputs, [output], pullback)
    return output
  }

  /** Like `record`, for an operation with several outputs, all of which the loss must depend on. */
  recordAll(inputs: readonly Tensor[], outputs: readonly Tensor[], pullback: Pullback): void {
    if (outputs.some(({ differentiable }) => differentiable)) this.#tape.push({ inputs, outputs, pullback })
  }

  /** Reverse-mode differentiation: the gradients of a scalar with respect to each of the parameters. */
  gradients(loss: Tensor, parameters: readonly Tensor[]): Tensor[] {
    const gradientOf = new Map([[loss.name, this.scalar(1)]])
    for (const { inputs, outputs, pullback } of this.#tape.toReversed()) {
      const known = outputs
        .map(({ name }) => gradientOf.get(name))
        .filter((gradient) => gradient !== undefined)
      if (known.length < outputs.length) continue
      for (const [index, contribution] of pullback(...known).entries()) {
        const input = inputs[index]!
        if (contribution === undefined || !input.differentiable) continue
        const before = gradientOf.get(input.name)
        gradientOf.set(input.name, before ? this.emit('Add', [before, contribution]) : contribution)
      }
    }
    return parameters.map(({ name }) => {
      const gradient = gradientOf.get(name)
      if (gradient === undefined) throw new Error(`The loss does not depend on ${name}.`)
      return gradient
    })
  }

  /**
   * The whole graph, without operations that no output needs, as ONNX Runtime would compute them. Outputs keep their
   * names throughout the graph, which saves copies.
   */
  build(): OnnxGraph {
    const rename = (names: string[]) => names.map((name) => this.#outputOf.get(name) ?? name)
    const nodes = this.#neededNodes()
    const used = new Set(nodes.flatMap(({ inputs }) => inputs))
    return {
      name: this.#name,
      nodes: nodes.map((node) => ({
        ...node,
        inputs: rename(node.inputs),
        outputs: rename(node.outputs),
      })),
      inputs: this.#inputs,
      outputs: this.#outputs,
      constants: [...this.#constants.values()].filter(({ name }) => used.has(name)),
    }
  }

  /** The nodes that the outputs depend on, such as no gradient of a frozen weight. */
  #neededNodes(): OnnxNode[] {
    const needed = new Set(this.#outputOf.keys())
    const nodes = this.#nodes.toReversed().filter(({ inputs, outputs }) => {
      if (!outputs.some((name) => needed.has(name))) return false
      for (const name of inputs) needed.add(name)
      return true
    })
    return nodes.toReversed()
  }

  /** A small constant, once for all who ask for the same. */
  #shared(type: ElementType, shape: readonly number[], data: Float32Array | BigInt64Array): Tensor {
    return this.#constant(`${type}_${shape.join('x')}_${data.join('_')}`, type, shape, data)
  }

  #constant(
    key: string,
    type: ElementType,
    shape: readonly number[],
    data: Float32Array | BigInt64Array,
  ): Tensor {
    const known = this.#constants.get(key)
    const constant = known ?? { name: `constant_${this.#constants.size}`, type, shape, data }
    this.#constants.set(key, constant)
    return { name: constant.name, differentiable: false }
  }
}
