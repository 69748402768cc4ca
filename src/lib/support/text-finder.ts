/** Odd, so that no power of it is 0. */
const BASE = 0x2c1b3c6d
const SPREAD = 0x9e3779b1

/**
 * Finds which of many texts occur in another one, in time that grows with the length of that one and not with the
 * number of texts. A rolling hash of the start of each text, whose length is a power of two (Karp and Rabin, IBM
 * Journal of Research and Development 31, 1987), finds candidates; a hash of the whole text and then a comparison
 * decide.
 */
export class TextFinder {
  readonly #texts: readonly string[]
  /** Numbers of the empty texts, which occur everywhere. */
  readonly #empty: readonly number[]
  /** Numbers of the others, by `#heads`, then by length, then by `#wholes`. */
  readonly #order: Uint32Array
  /** The following by place in `#order`: hash of the text's beginning, hash of all of it, its length. */
  readonly #heads: Int32Array
  readonly #wholes: Int32Array
  readonly #lengths: Uint32Array
  /** Where the next length or the next head starts. */
  readonly #ends: Uint32Array
  /** Open addressing: the first place of a head, plus 1. */
  readonly #slots: Uint32Array
  readonly #shift: number
  /** How many units the beginnings have, ascending. */
  readonly #sizes: readonly number[]
  readonly #longest: number
  /** BASE to the power of the index. */
  readonly #powers: Int32Array
  /** Hashes of all beginnings of the text that is searched. */
  #prefixes = new Int32Array(1 << 10)

  constructor(texts: readonly string[]) {
    this.#texts = texts
    this.#empty = [...texts.keys()].filter((number) => texts[number] === '')
    this.#longest = texts.reduce((most, { length }) => Math.max(most, length), 0)
    this.#powers = new Int32Array(this.#longest + 1).fill(1)
    for (let index = 1; index <= this.#longest; index++)
      this.#powers[index] = Math.imul(this.#powers[index - 1]!, BASE)

    const heads = new Int32Array(texts.length)
    const wholes = new Int32Array(texts.length)
    const sizes = new Set<number>()
    for (const [number, text] of texts.entries()) {
      if (text === '') continue
      const size = beginningOf(text)
      sizes.add(size)
      this.#read(text, text.length)
      heads[number] = this.#hash(0, size) ^ size
      wholes[number] = this.#hash(0, text.length)
    }
    this.#sizes = [...sizes].sort((a, b) => a - b)
    this.#order = Uint32Array.from([...texts.keys()].filter((number) => texts[number] !== '')).sort(
      (a, b) =>
        heads[a]! - heads[b]! || texts[a]!.length - texts[b]!.length || wholes[a]! - wholes[b]! || a - b,
    )
    this.#heads = Int32Array.from(this.#order, (number) => heads[number]!)
    this.#wholes = Int32Array.from(this.#order, (number) => wholes[number]!)
    this.#lengths = Uint32Array.from(this.#order, (number) => texts[number]!.length)
    this.#ends = new Uint32Array(this.#order.length)
    for (let place = this.#order.length - 1; place >= 0; place--) {
      const same =
        this.#heads[place] === this.#heads[place + 1] && this.#lengths[place] === this.#lengths[place + 1]
      this.#ends[place] = same ? this.#ends[place + 1]! : place + 1
    }
    const bits = Math.max(4, Math.ceil(Math.log2(this.#order.length + 1)) + 2)
    this.#slots = new Uint32Array(1 << bits)
    this.#shift = 32 - bits
    for (let place = 0; place < this.#order.length; place++) {
      if (place > 0 && this.#heads[place] === this.#heads[place - 1]) continue
      let slot = this.#slotOf(this.#heads[place]!)
      while (this.#slots[slot] !== 0) slot = (slot + 1) % this.#slots.length
      this.#slots[slot] = place + 1
    }
  }

  /** Numbers of the texts that occur anywhere in this one, each once, ascending. */
  find(text: string): number[] {
    this.#read(text, text.length)
    const found = new Set(this.#empty)
    for (let start = 0; start < text.length; start++) this.#findAt(text, start, found)
    return ascending(found)
  }

  /** Numbers of the texts that this one starts with, ascending. */
  findAtStart(text: string): number[] {
    this.#read(text, Math.min(text.length, this.#longest))
    const found = new Set(this.#empty)
    this.#findAt(text, 0, found)
    return ascending(found)
  }

  #findAt(text: string, start: number, found: Set<number>): void {
    for (const size of this.#sizes) {
      if (start + size > text.length) return
      const head = this.#hash(start, size) ^ size
      let place = this.#firstOf(head)
      while (this.#heads[place] === head) {
        const length = this.#lengths[place]!
        const end = this.#ends[place]!
        if (start + length > text.length) break
        const whole = this.#hash(start, length)
        for (let at = this.#firstWhole(whole, place, end); at < end && this.#wholes[at] === whole; at++) {
          if (text.startsWith(this.#texts[this.#order[at]!]!, start)) found.add(this.#order[at]!)
        }
        place = end
      }
    }
  }

  /** The first place of a head; past the last place if there is none. */
  #firstOf(head: number): number {
    for (let slot = this.#slotOf(head); ; slot = (slot + 1) % this.#slots.length) {
      const place = this.#slots[slot]!
      if (place === 0) return this.#order.length
      if (this.#heads[place - 1] === head) return place - 1
    }
  }

  #firstWhole(whole: number, from: number, to: number): number {
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#wholes[middle]! < whole) low = middle + 1
      else high = middle
    }
    return low
  }

  #slotOf(head: number): number {
    return Math.imul(head, SPREAD) >>> this.#shift
  }

  #read(text: string, length: number): void {
    if (this.#prefixes.length <= length) this.#prefixes = new Int32Array(2 * length)
    const prefixes = this.#prefixes
    let hash = 0
    for (let index = 0; index < length; index++) {
      hash = (Math.imul(hash, BASE) + text.charCodeAt(index) + 1) | 0
      prefixes[index + 1] = hash
    }
  }

  /** Hash of a part of the text being searched. */
  #hash(start: number, length: number): number {
    return (this.#prefixes[start + length]! - Math.imul(this.#prefixes[start]!, this.#powers[length]!)) | 0
  }
}

/** The largest power of two that is no longer than the text. */
function beginningOf(text: string): number {
  return 1 << (31 - Math.clz32(text.length))
}

function ascending(numbers: Set<number>): number[] {
  return numbers.size < 2 ? [...numbers] : [...numbers].sort((a, b) => a - b)
}
