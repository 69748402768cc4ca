import type { DeviceOptions } from './device.ts'
import { createSession } from './device.ts'
import { Graph } from './graph.ts'

/** Matrix products like those of a training step: [rows, inner] times [inner, columns]. */
const SHAPES = [
  [512, 128, 384],
  [512, 512, 512],
  [1024, 1024, 1024],
] as const

/**
 * Floating-point operations a second that this machine's ONNX Runtime reaches in matrix products: the
 * best run of several shapes, each repeated for its share of `seconds`.
 */
export async function measureMatmulRate({
  seconds = 1,
  ...options
}: DeviceOptions & { seconds?: number } = {}): Promise<number> {
  let best = 0
  for (const shape of SHAPES) best = Math.max(best, await rateOf(shape, seconds / SHAPES.length, options))
  return best
}

async function rateOf(
  [rows, inner, columns]: readonly [number, number, number],
  seconds: number,
  options: DeviceOptions,
): Promise<number> {
  const { Tensor } = await import('onnxruntime-node')
  const g = new Graph('matrix-product')
  const a = g.input('a', 'float32', [rows, inner])
  const b = g.input('b', 'float32', [inner, columns])
  g.output(g.emit('MatMul', [a, b]), 'product', [rows, columns])
  const session = await createSession(g.build(), options)
  const feeds = {
    a: new Tensor('float32', new Float32Array(rows * inner).fill(0.5), [rows, inner]),
    b: new Tensor('float32', new Float32Array(inner * columns).fill(0.5), [inner, columns]),
  }
  const product = new Tensor('float32', new Float32Array(rows * columns), [rows, columns])
  let fastest = Number.POSITIVE_INFINITY
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const start = performance.now()
    await session.run(feeds, { product })
    fastest = Math.min(fastest, performance.now() - start)
  }
  await session.release()
  return (2 * rows * inner * columns * 1000) / fastest
}
