import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from 'gpt-tokenizer/esm/encoding/r50k_base'
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
    expect(new Set(TEXTS.flatMap((text) => tokenizer.encode(text))))
      .to.have.property('size')
      .within(9, 15)
  })

  it('has what each of its tokens is merged from, so that others can encode with its merges', () => {
    const merges = tokenizer.merges()
    const known = new Set(tokenizer.spellings.slice(0, 257))
    for (const [left, right] of merges) {
      expect([left, right].every((part) => known.has(part))).to.equal(true)
      known.add(left + right)
    }
    expect([...known]).to.deep.equal(tokenizer.spellings)
    expect(merges).to.deep.include(['s', 't'])
    expect(merges).to.deep.include([' program', 'mer'])
  })

  it('cuts its texts, and all that is made of their tokens, as the whole encoding does', () => {
    const words = TEXTS[0]!.split(/(?= )|(?=\.)/)
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words)), (parts) => {
        const text = parts.join('')
        fc.pre(encode(text).every((token) => token < 256 || tokenizer.record.tokens.includes(token)))
        const cut = tokenizer.encode(text).map((id) => tokenizer.decode([id]))
        expect(cut).to.deep.equal(encode(text).map((token) => decode([token])))
      }),
    )
  })

  it('spells what it has no merges for in bytes', () => {
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
