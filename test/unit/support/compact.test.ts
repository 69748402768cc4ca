import { expect } from 'chai'
import fc from 'fast-check'
import { hashText } from '../../../src/lib/support/hash-text.ts'
import { NumberColumn } from '../../../src/lib/support/number-column.ts'
import { PackedList } from '../../../src/lib/support/packed-list.ts'

describe('what holds a million values', () => {
  it('gives back every value as it was, also one that is larger than a block', () => {
    const texts = fc.array(
      fc.record({
        text: fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\ud800', '\n') }),
        list: fc.array(fc.string()),
      }),
    )
    fc.assert(
      fc.property(texts, (values) => {
        const list = new PackedList<(typeof values)[number]>()
        for (const value of values) list.push(value)
        expect(list.length).to.equal(values.length)
        expect(values.map((_, index) => list.at(index))).to.deep.equal(values)
        expect(list.at(values.length)).to.equal(undefined)
      }),
      { numRuns: 20 },
    )
    const list = new PackedList<string>()
    const large = ['é'.repeat(300_000), '\ud800', 'x'.repeat(2 ** 21), 'last']
    for (const text of large) list.push(text)
    expect(large.every((text, index) => list.at(index) === text)).to.equal(true)
  })

  it('keeps numbers in their order over many blocks', () => {
    const column = new NumberColumn()
    const numbers = Array.from({ length: 140_000 }, (_, index) => index / 3)
    for (const number of numbers) column.push(number)
    expect([...column]).to.deep.equal(numbers)
    expect(column.at(139_999)).to.equal(139_999 / 3)
    expect(column.at(140_000)).to.equal(undefined)
  })

  it('has another number for each of many texts that are nearly the same', () => {
    const texts = Array.from({ length: 50_000 }, (_, index) => `In template 1 the maker of thing ${index}`)
    expect(new Set(texts.map(hashText)).size).to.equal(texts.length)
    expect(hashText(texts[7]!)).to.equal(hashText(`In template 1 the maker of thing ${7}`))
    expect(texts.every((text) => Number.isSafeInteger(hashText(text)))).to.equal(true)
  })
})
