import protobuf from 'protobufjs'

/** ONNX element types (TensorProto.DataType). */
const ELEMENT = { float32: 1, int64: 7 } as const
export type ElementType = keyof typeof ELEMENT

/** One operation: an ONNX NodeProto in plain values. Integers and integer lists, floats, strings as attributes. */
export interface OnnxNode {
  opType: string
  domain?: string
  inputs: string[]
  outputs: string[]
  attributes?: Record<string, AttributeValue>
}

export type AttributeValue = number | readonly number[] | string | { float: number }

/** An input or output; a text in the shape is a dimension known only when the graph runs. */
export interface OnnxValue {
  name: string
  type: ElementType
  shape: readonly (number | string)[]
}

export interface OnnxConstant {
  name: string
  type: ElementType
  shape: readonly number[]
  data: Float32Array | BigInt64Array
}

export interface OnnxGraph {
  name: string
  nodes: readonly OnnxNode[]
  inputs: readonly OnnxValue[]
  outputs: readonly OnnxValue[]
  constants: readonly OnnxConstant[]
}

const IR_VERSION = 9
const OPSET = 18
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const

/** The part of onnx.proto (ONNX 1.14, IR version 9) that a graph of ours needs, with its field numbers. */
const { root } = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: [1, 'int64'],
      producerName: [2, 'string'],
      graph: [7, 'GraphProto'],
      opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    }),
    OperatorSetIdProto: message({ domain: [1, 'string'], version: [2, 'int64'] }),
    GraphProto: message({
      node: [1, 'NodeProto', 'repeated'],
      name: [2, 'string'],
      initializer: [5, 'TensorProto', 'repeated'],
      input: [11, 'ValueInfoProto', 'repeated'],
      output: [12, 'ValueInfoProto', 'repeated'],
    }),
    NodeProto: message({
      input: [1, 'string', 'repeated'],
      output: [2, 'string', 'repeated'],
      name: [3, 'string'],
      opType: [4, 'string'],
      attribute: [5, 'AttributeProto', 'repeated'],
      domain: [7, 'string'],
    }),
    AttributeProto: message({
      name: [1, 'string'],
      f: [2, 'float'],
      i: [3, 'int64'],
      s: [4, 'bytes'],
      ints: [8, 'int64', 'repeated'],
      type: [20, 'int32'],
    }),
    TensorProto: message({
      dims: [1, 'int64', 'repeated'],
      dataType: [2, 'int32'],
      name: [8, 'string'],
      rawData: [9, 'bytes'],
    }),
    ValueInfoProto: message({ name: [1, 'string'], type: [2, 'TypeProto'] }),
    TypeProto: message({ tensorType: [1, 'TensorTypeProto'] }),
    TensorTypeProto: message({ elemType: [1, 'int32'], shape: [2, 'ShapeProto'] }),
    ShapeProto: message({ dim: [1, 'DimensionProto', 'repeated'] }),
    DimensionProto: message({ dimValue: [1, 'int64'], dimParam: [2, 'string'] }),
  },
})

type Field = [id: number, type: string, rule?: 'repeated']

function message(fields: Record<string, Field>) {
  const entries = Object.entries(fields).map(([name, [id, type, rule]]) => [
    name,
    { id, type, ...(rule && { rule }) },
  ])
  return { fields: Object.fromEntries(entries) }
}

/** The graph as the bytes of an ONNX ModelProto (opset 18 and ONNX Runtime's own operations). */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const type = root.lookupType('ModelProto')
  const model = type.fromObject({
    irVersion: IR_VERSION,
    producerName: 'reversal',
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: graph.name,
      node: graph.nodes.map(({ opType, domain = '', inputs, outputs, attributes = {} }) => ({
        opType,
        domain,
        input: inputs,
        output: outputs,
        name: outputs[0],
        attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...encodeAttribute(value) })),
      })),
      initializer: graph.constants.map(({ name, type, shape, data }) => ({
        name,
        dims: shape,
        dataType: ELEMENT[type],
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: graph.inputs.map(encodeValue),
      output: graph.outputs.map(encodeValue),
    },
  })
  return type.encode(model).finish()
}

function encodeAttribute(value: AttributeValue) {
  if (typeof value === 'number') return { type: ATTRIBUTE.int, i: value }
  if (typeof value === 'string') return { type: ATTRIBUTE.string, s: Buffer.from(value) }
  if ('float' in value) return { type: ATTRIBUTE.float, f: value.float }
  return { type: ATTRIBUTE.ints, ints: value }
}

function encodeValue({ name, type, shape }: OnnxValue) {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }))
  return { name, type: { tensorType: { elemType: ELEMENT[type], shape: { dim } } } }
}
