import { expect } from 'chai'
import fc from 'fast-check'
import { escapeUnprintable, printable } from '../../../src/lib/support/printable.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

describe('a text for the terminal', () => {
  for (const [what, text, shown] of [
    ['colours', 'a\x1b[31mred\x1b[0m', 'ared'],
    ['the clipboard', 'a\x1b]52;c;aGk=\x07b', 'ab'],
    ['a title', 'a\x1b]0;title\x1b\\b', 'ab'],
    ['a link', '\x1b]8;;http://x\x07text\x1b]8;;\x07', 'text'],
    ['a title of one byte', 'a\x9d0;title\x9cb', 'ab'],
    ['a colour of one byte', 'a\x9b31mb', 'ab'],
    ['a device string', 'a\x1bPq#0\x1b\\b', 'ab'],
    ['a sequence without an end', 'a\x1b', 'a\ufffd'],
    ['what goes back over the line', 'paid\rfree\b\b', 'paid\ufffdfree\ufffd\ufffd'],
    ['overrides of direction', 'a\u202eb\u2066c', 'a\ufffdb\ufffdc'],
  ] as const) {
    it(`is without ${what}`, () => {
      expect(printable(text)).to.equal(shown)
    })
  }

  it('is else what it was, with its lines, tabs and letters', () => {
    for (const text of ['two\nlines\tand “quotes” — é 日本 👩‍🔬 ‏עברית', ''])
      expect(printable(text)).to.equal(text)
    expect(printable('a\r\nb')).to.equal('a\nb')
  })

  it('holds no control character, whatever it was made from, and is then left alone', () => {
    const part = fc.constantFrom(
      '\x1b',
      ']',
      '[',
      '\x07',
      '\\',
      '\x9b',
      '\x9c',
      '\x9d',
      '8;;',
      'm',
      'a',
      '\n',
      '\r',
      '\u202e',
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const text = printable(parts.join(''))
        expect(text).to.not.match(CONTROLS)
        expect(printable(text)).to.equal(text)
      }),
      { numRuns: 2000 },
    )
  })

  it('is escaped in JSON, which is read as it was', () => {
    const value = { text: 'a\x1b\x9b31m\x7f\u202e\u2066\u2028b' }
    const json = escapeUnprintable(JSON.stringify(value))
    expect(json).to.equal('{"text":"a\\u001b\\u009b31m\\u007f\\u202e\\u2066\\u2028b"}')
    expect(JSON.parse(json)).to.deep.equal(value)
  })
})
