const BLOCK = 1 << 16

/** A growing list of numbers, 8 bytes each, that is never copied. */
export class NumberColumn implements Iterable<number> {
  readonly #blocks: Float64Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    const place = this.#length % BLOCK
    if (place === 0) this.#blocks.push(new Float64Array(BLOCK))
    this.#blocks.at(-1)![place] = value
    this.#length++
  }

  /** Undefined past the end. */
  at(index: number): number | undefined {
    return index < this.#length ? this.#blocks[Math.floor(index / BLOCK)]![index % BLOCK] : undefined
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.#length; index++) yield this.at(index)!
  }
}
