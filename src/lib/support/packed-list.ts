const BLOCK_BYTES = 1 << 20

/**
 * A list for values that are too many to hold as objects: each is stored as JSON in blocks of bytes outside the heap,
 * and parsed whenever it is read.
 */
export class PackedList<T> {
  readonly #blocks: Buffer[] = []
  /** For each value: its block, and where it starts and ends there. */
  #places = new Uint32Array(3 << 10)
  #used = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: T): void {
    const text = JSON.stringify(value)
    const size = Buffer.byteLength(text)
    let block = this.#blocks.at(-1)
    if (block === undefined || block.length - this.#used < size) {
      block = Buffer.allocUnsafeSlow(Math.max(size, BLOCK_BYTES))
      this.#blocks.push(block)
      this.#used = 0
    }
    block.write(text, this.#used)
    this.#note([this.#blocks.length - 1, this.#used, this.#used + size])
    this.#used += size
  }

  /** Undefined past the end. */
  at(index: number): T | undefined {
    if (index >= this.#length) return undefined
    const [block, start, end] = this.#places.subarray(3 * index, 3 * index + 3)
    return JSON.parse(this.#blocks[block!]!.toString('utf8', start, end))
  }

  #note(place: readonly number[]): void {
    if (3 * this.#length === this.#places.length) {
      const more = new Uint32Array(2 * this.#places.length)
      more.set(this.#places)
      this.#places = more
    }
    this.#places.set(place, 3 * this.#length++)
  }
}
