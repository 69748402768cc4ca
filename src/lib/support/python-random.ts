const N = 624
const M = 397
const MATRIX_A = 0x9908b0df
const UPPER = 0x80000000
const LOWER = 0x7fffffff
const MAX_WORD = 0xffffffff

/**
 * CPython's `random.Random` (Mersenne Twister MT19937), draw for draw: the same seed gives the same numbers
 * as in Python 3.11 and later. Follows Lib/random.py and Modules/_randommodule.c.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(N)
  #index = N

  constructor(seed: number | bigint) {
    this.seed(seed)
  }

  /** `random.seed(int)`: the sign is dropped, all 32-bit words of the number count. */
  seed(seed: number | bigint): void {
    let rest = BigInt(seed)
    if (rest < 0n) rest = -rest
    const key: number[] = []
    do {
      key.push(Number(rest & 0xffffffffn))
      rest >>= 32n
    } while (rest > 0n)
    this.#initialize(key)
  }

  /** A float in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.#word() >>> 5
    const low = this.#word() >>> 6
    return (high * 0x4000000 + low) / 0x20000000000000
  }

  /** An integer of k random bits. */
  getrandbits(k: number): bigint {
    if (!Number.isInteger(k) || k < 0) throw new RangeError('number of bits must be non-negative')
    let value = 0n
    for (let done = 0; done < k; done += 32) {
      const bits = Math.min(32, k - done)
      value |= BigInt(this.#word() >>> (32 - bits)) << BigInt(done)
    }
    return value
  }

  /** An integer in [low, high], both ends included. */
  randint(low: number, high: number): number {
    if (high < low) throw new RangeError(`empty range for randint(${low}, ${high})`)
    return low + this.below(high - low + 1)
  }

  /** An integer in [0, n), for n up to 2⁵³ − 1: `_randbelow`. */
  below(n: number): number {
    if (n > MAX_WORD) return this.#belowLarge(n)
    const bits = 32 - Math.clz32(n)
    let value = this.#word() >>> (32 - bits)
    while (value >= n) value = this.#word() >>> (32 - bits)
    return value
  }

  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('cannot choose from an empty sequence')
    return items[this.below(items.length)]!
  }

  /** Shuffle in place. */
  shuffle<T>(items: { readonly length: number; [index: number]: T }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const moved = items[i]!
      items[i] = items[j]!
      items[j] = moved
    }
  }

  /** k different items, in the order drawn. */
  sample<T>(population: readonly T[], k: number): T[] {
    const n = population.length
    if (k < 0 || k > n) throw new RangeError(`sample of ${k} from ${n} items`)
    // Python uses a pool if that takes less memory than a set of the chosen items.
    const setSize = k > 5 ? 21 + 4 ** Math.ceil(Math.log(k * 3) / Math.log(4)) : 21
    if (n <= setSize) {
      const pool = [...population]
      return Array.from({ length: k }, (_, i) => {
        const j = this.below(n - i)
        const drawn = pool[j]!
        pool[j] = pool[n - i - 1]!
        return drawn
      })
    }
    const chosen = new Set<number>()
    while (chosen.size < k) chosen.add(this.below(n))
    return Array.from(chosen, (index) => population[index]!)
  }

  #initialize(key: readonly number[]): void {
    const state = this.#state
    state[0] = 19650218
    for (let i = 1; i < N; i++) {
      const mixed = state[i - 1]! ^ (state[i - 1]! >>> 30)
      state[i] = Math.imul(1812433253, mixed) + i
    }
    let i = 1
    let j = 0
    for (let k = Math.max(N, key.length); k > 0; k--) {
      const mixed = state[i - 1]! ^ (state[i - 1]! >>> 30)
      state[i] = (state[i]! ^ Math.imul(mixed, 1664525)) + key[j]! + j
      if (++j >= key.length) j = 0
      if (++i >= N) {
        state[0] = state[N - 1]!
        i = 1
      }
    }
    for (let k = N - 1; k > 0; k--) {
      const mixed = state[i - 1]! ^ (state[i - 1]! >>> 30)
      state[i] = (state[i]! ^ Math.imul(mixed, 1566083941)) - i
      if (++i >= N) {
        state[0] = state[N - 1]!
        i = 1
      }
    }
    state[0] = 0x80000000
    this.#index = N
  }

  #belowLarge(n: number): number {
    const bits = n.toString(2).length
    let value = Number(this.getrandbits(bits))
    while (value >= n) value = Number(this.getrandbits(bits))
    return value
  }

  #word(): number {
    if (this.#index >= N) this.#twist()
    let y = this.#state[this.#index++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    y ^= y >>> 18
    return y >>> 0
  }

  #twist(): void {
    const state = this.#state
    for (let k = 0; k < N - M; k++) state[k] = state[k + M]! ^ twisted(state[k]!, state[k + 1]!)
    for (let k = N - M; k < N - 1; k++) state[k] = state[k + M - N]! ^ twisted(state[k]!, state[k + 1]!)
    state[N - 1] = state[M - 1]! ^ twisted(state[N - 1]!, state[0]!)
    this.#index = 0
  }
}

/** The upper bit of one word and the lower ones of the next. */
function twisted(word: number, next: number): number {
  const y = (word & UPPER) | (next & LOWER)
  return (y >>> 1) ^ (-(y & 1) & MATRIX_A)
}
