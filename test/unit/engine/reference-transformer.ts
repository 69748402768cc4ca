/** A slow, plain forward pass of one text, written from the papers' equations, to hold the graph to. */
import type { TransformerConfig } from '../../../src/lib/engine/sizes.ts'
import type { Arrays } from '../../../src/lib/engine/weights.ts'

type Vector = number[]

/** For each position, the log-probabilities of all tokens as the next one. */
export function referenceLogProbabilities(
  config: TransformerConfig,
  weights: Arrays,
  ids: readonly number[],
  /** Whether positions see those after them. */
  { bothWays = false }: { bothWays?: boolean } = {},
): Vector[] {
  const { width, layers, heads, epsilon, ropeTheta } = config
  const size = width / heads
  const gain = (name: string) => [...weights.get(name)!.data]
  const times = (x: Vector, name: string): Vector => {
    const { shape, data } = weights.get(name)!
    const [inputs, outputs] = shape as [number, number]
    return range(outputs).map((o) => total(range(inputs).map((i) => x[i]! * data[i * outputs + o]!)))
  }
  const norm = (x: Vector, name: string): Vector => {
    const root = Math.sqrt(total(x.map((value) => value ** 2)) / width + epsilon)
    return x.map((value, i) => (value / root) * gain(name)[i]!)
  }
  /** Each head turns the pairs (i, i + size/2) by position · θ^(−2i/size). */
  const turn = (x: Vector, position: number): Vector =>
    x.map((value, index) => {
      const within = index % size
      const half = size / 2
      const angle = position * ropeTheta ** (-(2 * (within % half)) / size)
      const partner = within < half ? -x[index + half]! : x[index - half]!
      return value * Math.cos(angle) + partner * Math.sin(angle)
    })

  const table = weights.get('embedding')!.data
  let states = ids.map((id) => [...table.subarray(id * width, (id + 1) * width)])
  for (const layer of range(layers)) {
    const own = (name: string) => `layer${layer}.${name}`
    const projected = states.map((x) => times(norm(x, own('attention_norm')), own('query_key_value')))
    const queries = projected.map((x, t) => turn(x.slice(0, width), t))
    const keys = projected.map((x, t) => turn(x.slice(width, 2 * width), t))
    const values = projected.map((x) => x.slice(2 * width))
    states = states.map((x, t) => {
      const attended = range(heads).flatMap((head) => {
        const part = (vector: Vector) => vector.slice(head * size, (head + 1) * size)
        const scores = range(bothWays ? ids.length : t + 1).map(
          (s) => dot(part(queries[t]!), part(keys[s]!)) / Math.sqrt(size),
        )
        const odds = scores.map((score) => Math.exp(score))
        return range(size).map(
          (i) =>
            total(range(bothWays ? ids.length : t + 1).map((s) => odds[s]! * part(values[s]!)[i]!)) /
            total(odds),
        )
      })
      const output = times(attended, own('attention_output'))
      return x.map((value, i) => value + output[i]!)
    })
    states = states.map((x) => {
      const normal = norm(x, own('hidden_norm'))
      const gate = times(normal, own('gate'))
      const up = times(normal, own('up'))
      const down = times(
        gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!),
        own('down'),
      )
      return x.map((value, i) => value + down[i]!)
    })
  }
  return states.map((x) => {
    const logits = times(norm(x, 'output_norm'), 'output')
    const logTotal = Math.log(total(logits.map(Math.exp)))
    return logits.map((logit) => logit - logTotal)
  })
}

function range(n: number): number[] {
  return [...Array(n).keys()]
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function dot(a: readonly number[], b: readonly number[]): number {
  return total(a.map((value, index) => value * b[index]!))
}
