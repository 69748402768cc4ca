import { createRequire } from 'node:module'

type Cephes = typeof import('cephes', { with: { 'resolution-mode': 'require' }})

const require = createRequire(import.meta.url)
let loaded: Cephes | undefined

/**
 * The Cephes library as WebAssembly, loaded at the first use (some 15 ms). Its CommonJS build is ready at once,
 * its ES module only after a promise.
 */
function cephes(): Cephes {
  loaded ??= require('cephes') as Cephes
  return loaded
}

/** P(Z ≤ z) of the standard normal distribution. */
export function normalCdf(z: number): number {
  return cephes().ndtr(z)
}

/** The z with P(Z ≤ z) = p, for p in [0, 1]; infinite at the ends. */
export function normalQuantile(p: number): number {
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return cephes().ndtri(p)
}

/** P(T > t) of Student's t with a whole number of degrees of freedom. */
export function studentTail(t: number, df: number): number {
  return cephes().stdtr(df, -t)
}

/** The t with P(T > t) = tail. Newton's steps bring the library's 9 digits to the 13 of its distribution function. */
export function studentCritical(tail: number, df: number): number {
  let t = -cephes().stdtri(df, tail)
  const scale = Math.exp(-cephes().lbeta(df / 2, 1 / 2)) / Math.sqrt(df)
  for (let step = 0; step < 2; step++) {
    const density = scale * (1 + (t * t) / df) ** (-(df + 1) / 2)
    t += (studentTail(t, df) - tail) / density
  }
  return t
}

/** P(X ≤ k) for the heads X of n fair coins. */
export function coinCdf(k: number, n: number): number {
  if (k < 0) return 0
  return k >= n ? 1 : cephes().bdtr(k, n, 1 / 2)
}

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  return cephes().lgam(x)
}

/** P(D⁺ ≥ d) of the one-sided Kolmogorov–Smirnov statistic of one sample of n. */
export function smirnovTail(d: number, n: number): number {
  return cephes().smirnov(n, d)
}
