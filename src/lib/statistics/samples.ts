import type { Pairs } from './measurements.ts'

/** Refuses NaN and infinities, which are mistakes of the caller: RangeError. */
export function requireFinite(values: ArrayLike<number>, name: string): void {
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index]))
      throw new RangeError(`${name}[${index}] is ${values[index]}, not a finite number`)
  }
}

/** Throws RangeError unless the value is strictly between 0 and 1. */
export function requireFraction(value: number, name: string): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} is ${value}, not between 0 and 1`)
}

/** Arithmetic mean of at least one value; exact if all are equal. */
export function mean(values: ArrayLike<number>): number {
  const [origin, n] = [values[0], values.length]
  if (origin === undefined) throw new RangeError('no values have no mean')
  let sum = 0
  for (let index = 1; index < n; index++) sum += values[index]! - origin
  return origin + sum / n
}

/** Sample standard deviation (n − 1) of at least two values; exactly 0 if all are equal. */
export function standardDeviation(values: ArrayLike<number>): number {
  const n = values.length
  if (n < 2) throw new RangeError('a standard deviation needs at least 2 values')
  const center = mean(values)
  let squares = 0
  for (let index = 0; index < n; index++) squares += (values[index]! - center) ** 2
  return Math.sqrt(squares / (n - 1))
}

/** The quantile of ascending values, linear between neighbours (type 7 of Hyndman and Fan, as NumPy and R). */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  if (sorted.length === 0) throw new RangeError('no values have no quantile')
  if (!(fraction >= 0 && fraction <= 1)) throw new RangeError(`quantile ${fraction} is not in [0, 1]`)
  const position = fraction * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  return low + (position - below) * ((sorted[below + 1] ?? low) - low)
}

/** Ranks from 1 in ascending order, equal values sharing their mean rank; with the size of every group of equals. */
export function rankAscending(values: ArrayLike<number>): { ranks: Float64Array; groups: number[] } {
  const order = Uint32Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  const groups: number[] = []
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (const index of order.subarray(start, end)) ranks[index] = (start + 1 + end) / 2
    groups.push(end - start)
  }
  return { ranks, groups }
}

/**
 * First minus second of each pair. Where all differences agree within the rounding of the values they are taken
 * from, they are made equal: their spread would be noise, and a test on it would find anything significant.
 */
export function pairDifferences({ first, second }: Pairs): number[] {
  if (first.length !== second.length) {
    throw new RangeError(
      `pairs need equal lengths, but first has ${first.length} values and second ${second.length}`,
    )
  }
  requireFinite(first, 'first')
  requireFinite(second, 'second')
  const differences = first.map((value, index) => value - second[index]!)
  const [origin = 0] = differences
  const constant = differences.every((difference, index) => {
    const size =
      Math.abs(first[index]!) + Math.abs(second[index]!) + Math.abs(first[0]!) + Math.abs(second[0]!)
    return Math.abs(difference - origin) <= Number.EPSILON * size
  })
  return constant ? differences.fill(origin) : differences
}
