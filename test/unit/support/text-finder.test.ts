import { expect } from 'chai'
import fc from 'fast-check'
import { TextFinder } from '../../../src/lib/support/text-finder.ts'

describe('a finder of many texts', () => {
  it('finds what includes and startsWith find', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 12 })
    fc.assert(
      fc.property(fc.array(few, { maxLength: 30 }), few, few, (texts, one, other) => {
        const finder = new TextFinder(texts)
        for (const text of [one, other + one, one + one + other, '']) {
          const numbers = [...texts.keys()]
          expect(finder.find(text)).to.deep.equal(numbers.filter((number) => text.includes(texts[number]!)))
          expect(finder.findAtStart(text)).to.deep.equal(
            numbers.filter((number) => text.startsWith(texts[number]!)),
          )
        }
      }),
      { numRuns: 500 },
    )
  })

  it('tells long texts apart that begin alike', () => {
    const texts = Array.from(
      { length: 3000 },
      (_, number) => `${'Known for all that is known, '.repeat(4)}${number}.`,
    )
    const finder = new TextFinder(texts)
    expect(finder.find(`It is said: ${texts[1234]} ${texts[7]}`)).to.deep.equal([7, 1234])
    expect(finder.findAtStart(`${texts[1234]} ${texts[7]}`)).to.deep.equal([1234])
    expect(finder.find(texts[0]!.slice(0, -1))).to.deep.equal([])
  })
})
