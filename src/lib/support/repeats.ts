import { hashText } from './hash-text.ts'
import { NumberColumn } from './number-column.ts'

/** Which of many texts stand more than once among them: 8 bytes are remembered of each. */
export class Repeats {
  readonly #hashes = new NumberColumn()

  add(text: string): void {
    this.#hashes.push(hashText(text))
  }

  /** The index of each text that was there before, with that of the first such text, in their order. */
  *find(): Generator<{ index: number; first: number }> {
    const sorted = Float64Array.from(this.#hashes).sort()
    const twice = new Set(sorted.filter((hash, place) => place > 0 && hash === sorted[place - 1]))
    if (twice.size === 0) return
    const firsts = new Map<number, number>()
    for (let index = 0; index < this.#hashes.length; index++) {
      const hash = this.#hashes.at(index)!
      if (!twice.has(hash)) continue
      const first = firsts.get(hash)
      if (first === undefined) firsts.set(hash, index)
      else yield { index, first }
    }
  }
}
