import { BETA_1, BETA_2 } from './adamw.ts'
import type { WasmMemory, WasmModule } from './wasm.ts'
import { compileFunction, doubleConstant, f64x2, instantiate, repeatUntil } from './wasm.ts'

/** Updates arrays that start at the given addresses, multiples of 8, until the address of the weights reaches `end`. */
export type AdamWKernel = (
  ...given: [
    ...[weight: number, sum: number, squareSum: number, gradient: number, end: number],
    ...[keep: number, rate: number, epsilon: number],
  ]
) => void

/** Bytes of two float32 values, which each turn of the loop updates. */
const STRIDE = 8
const { splat, loadFloats, storeFloats, add, sub, mul, div, sqrt } = f64x2

/** `updatePlainly` (adamw.ts), operation for operation: the same bits in half the time. */
export function compileAdamW(): WasmModule {
  return compileFunction({
    parameters: {
      ...{ weight: 'i32', sum: 'i32', squareSum: 'i32', gradient: 'i32', end: 'i32' },
      ...{ keep: 'f64', rate: 'f64', epsilon: 'f64' },
    },
    locals: {
      ...{ keeps: 'v128', rates: 'v128', epsilons: 'v128', beta1: 'v128', beta2: 'v128' },
      ...{ g: 'v128', s: 'v128', q: 'v128' },
    },
    body: ({ weight, sum, squareSum, gradient, end, ...l }) => {
      const { keeps, rates, epsilons, beta1, beta2, g, s, q } = l
      const kept = mul(keeps, loadFloats(weight))
      return [
        keeps.set(splat(l.keep)),
        rates.set(splat(l.rate)),
        epsilons.set(splat(l.epsilon)),
        beta1.set(splat(doubleConstant(BETA_1))),
        beta2.set(splat(doubleConstant(BETA_2))),
        repeatUntil(weight, end, [
          g.set(loadFloats(gradient)),
          s.set(add(mul(beta1, loadFloats(sum)), g)),
          q.set(add(mul(beta2, loadFloats(squareSum)), mul(g, g))),
          storeFloats(sum, s),
          storeFloats(squareSum, q),
          storeFloats(weight, sub(kept, div(mul(rates, s), add(sqrt(q), epsilons)))),
          ...[weight, sum, squareSum, gradient].map((address) => address.advance(STRIDE)),
        ]),
      ]
    },
  })
}

/** The kernel over a memory. */
export function instantiateAdamW(module: WasmModule, memory: WasmMemory): AdamWKernel {
  return instantiate(module, memory) as AdamWKernel
}
