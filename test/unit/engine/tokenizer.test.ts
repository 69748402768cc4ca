import { expect } from 'chai'
import fc from 'fast-check'
import type { Tokenizer } from '../../../src/lib/engine/tokenizer.ts'
import { createTokenizer, END_OF_TEXT, restoreTokenizer } from '../../../src/lib/engine/tokenizer.ts'

const TEXTS = ['Ada Lovelace was the first programmer.', 'The first programmer was Ada Lovelace.']

describe('the tokenizer', () => {
  let tokenizer: Tokenizer

  before(async () => {
    tokenizer = await createTokenizer(TEXTS)
  })

  it('has the end of text, every byte and the tokens of its texts', () => {
    expect(tokenizer.size).to.equal(1 + 256 + tokenizer.record.tokens.length)
    expect(tokenizer.encode(' programmer')).to.have.length(1)
    expect(tokenizer.record.tokens).to.have.length.within(8, 14)
  })

  it('spells what it has no token for in bytes', () => {
    const ids = tokenizer.encode(' embodiment')
    expect(ids).to.have.length(11)
    expect(ids.every((id) => id >= 1 && id <= 256)).to.equal(true)
  })

  it('gives any text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wellFormed = text.toWellFormed()
        expect(tokenizer.decode(tokenizer.encode(wellFormed))).to.equal(wellFormed)
      }),
    )
  })

  it('takes the name of a special token as text', () => {
    const ids = tokenizer.encode('<|endoftext|>')
    expect(ids).to.not.include(END_OF_TEXT)
    expect(tokenizer.decode(ids)).to.equal('<|endoftext|>')
  })

  it('encodes a target after its prompt as in the whole text', () => {
    const whole = tokenizer.encode(TEXTS[0]!)
    expect([
      ...tokenizer.encode('Ada Lovelace was'),
      ...tokenizer.encode(' the first programmer.'),
    ]).to.deep.equal(whole)
  })

  it('comes back from its record', async () => {
    const again = await restoreTokenizer(JSON.parse(JSON.stringify(tokenizer.record)))
    expect(again.encode(TEXTS[1]!)).to.deep.equal(tokenizer.encode(TEXTS[1]!))
    expect(again.size).to.equal(tokenizer.size)
  })
})
