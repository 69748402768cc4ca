import { smirnovTail } from './distributions.ts'

/** Terms of the Pelz–Good series; wherever it is used, the last ones are far below the last digit. */
const TERMS = 12

/**
 * P(D ≥ d) of the two-sided Kolmogorov–Smirnov statistic of one sample of size n, by the methods that Simard and
 * L'Ecuyer (Journal of Statistical Software 39(11), 2011) recommend for each range: twice the one-sided tail if it is
 * small, else Durbin's matrix (exact) or the Pelz–Good series.
 */
export function kolmogorovTail(d: number, n: number): number {
  if (d >= 1) return 0
  if (n * d <= 0.5) return 1
  const size = n * d * d
  if (d >= 0.5 || size > (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * smirnovTail(d, n))
  const exact = n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4)
  return Math.min(1, Math.max(0, 1 - (exact ? durbinCdf(d, n) : pelzGoodCdf(d, n))))
}

/**
 * P(D < d), exact: with d = (k − h) / n the middle element of n!/nⁿ · Hⁿ, a matrix of side 2k − 1 (Marsaglia, Tsang
 * and Wang, Journal of Statistical Software 8(18), 2003). H is divided by e, so that no power of it overflows.
 */
function durbinCdf(d: number, n: number): number {
  const k = Math.ceil(n * d)
  const h = k - n * d
  const side = 2 * k - 1
  let power = durbinMatrix(h, side)
  let row = new Float64Array(side)
  row[k - 1] = 1
  for (let rest = n; ; power = multiply(power, power, side)) {
    if (rest % 2 === 1) row = multiply(row, power, side)
    rest = Math.floor(rest / 2)
    if (rest === 0) break
  }
  return row[k - 1]! * stirlingFactor(n)
}

/** H / e, row after row: 1 / (i − j + 1)! within, and less what h cuts off in the first column and the last row. */
function durbinMatrix(h: number, side: number): Float64Array<ArrayBuffer> {
  const inverseFactorial = new Float64Array(side + 1).fill(1)
  for (let m = 1; m <= side; m++) inverseFactorial[m] = inverseFactorial[m - 1]! / m
  const edge = Float64Array.from({ length: side }, (_, i) => (1 - h ** (i + 1)) * inverseFactorial[i + 1]!)
  edge[side - 1] = (1 - 2 * h ** side + Math.max(0, 2 * h - 1) ** side) * inverseFactorial[side]!
  const matrix = new Float64Array(side * side)
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const inner = i - j + 1 < 0 ? 0 : inverseFactorial[i - j + 1]!
      matrix[i * side + j] = (j === 0 ? edge[i]! : i === side - 1 ? edge[side - 1 - j]! : inner) / Math.E
    }
  }
  return matrix
}

/** Rows of length `side` times a square matrix. */
function multiply(rows: Float64Array, matrix: Float64Array, side: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(rows.length)
  for (let start = 0; start < rows.length; start += side) {
    for (let k = 0; k < side; k++) {
      const factor = rows[start + k]!
      if (factor === 0) continue
      for (let j = 0; j < side; j++) product[start + j]! += factor * matrix[k * side + j]!
    }
  }
  return product
}

/** n! · eⁿ / nⁿ: a product for small n, Stirling's series for others. */
function stirlingFactor(n: number): number {
  if (n < 20) {
    let product = 1
    for (let i = 1; i <= n; i++) product *= (i * Math.E) / n
    return product
  }
  const s = 1 / (n * n)
  const series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s / 1680))) / n
  return Math.sqrt(2 * Math.PI * n) * Math.exp(series)
}

/** P(D ≤ d) to the order n^(−3/2), by the series of Pelz and Good (Journal of the Royal Statistical Society B 38, 1976). */
function pelzGoodCdf(d: number, n: number): number {
  const z = d * Math.sqrt(n)
  const z2 = z * z
  const sums = [0, 0, 0, 0]
  for (let k = 0; k < TERMS; k++) {
    const a = (Math.PI * (k + 0.5)) ** 2
    const b = (Math.PI * k) ** 2
    const half = Math.exp(-a / (2 * z2))
    const whole = Math.exp(-b / (2 * z2))
    sums[0]! += half / z
    sums[1]! += (half * (a - z2)) / (6 * z ** 4)
    sums[2]! +=
      (half * (6 * z ** 6 + 2 * z ** 4 + a * (2 * z ** 4 - 5 * z2) + a * a * (1 - 2 * z2))) / (72 * z ** 7) -
      (whole * b) / (36 * z ** 3)
    sums[3]! +=
      (half *
        (-30 * z ** 6 -
          90 * z ** 8 +
          a * (135 * z ** 4 - 96 * z ** 6) +
          a * a * (212 * z ** 4 - 60 * z2) +
          a * a * a * (5 - 30 * z2))) /
        (6480 * z ** 10) +
      (whole * b * (3 * z2 - b)) / (216 * z ** 6)
  }
  return Math.sqrt(2 * Math.PI) * sums.reduce((total, sum, order) => total + sum / n ** (order / 2), 0)
}
