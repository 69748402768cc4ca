import { expect } from 'chai'
import fc from 'fast-check'
import type { Placeholder } from '../../../../src/lib/datasets/reverse/generate.ts'
import { fillTemplate } from '../../../../src/lib/datasets/reverse/generate.ts'
import { cleanSentence } from '../../../../src/lib/experiments/rewriting/clean-sentence.ts'
import { lostKeyWord } from '../../../../src/lib/experiments/rewriting/key-words.ts'
import { readRewriting } from '../../../../src/lib/experiments/rewriting/read-rewriting.ts'

describe('cleaning of sentences', () => {
  const cleaned = {
    'Ada  is the  baker .': 'Ada is the baker.',
    'Ada wrote "A Song for Gulls.".': 'Ada wrote "A Song for Gulls".',
    'Did Ada write “A Song.”??': 'Did Ada write “A Song”?',
    'Did Ada write it?.': 'Did Ada write it?',
    'Ada wrote "Who?".': 'Ada wrote "Who?"',
    'Ada is the baker..': 'Ada is the baker.',
    'Ada, the baker,.': 'Ada, the baker.',
    'Being the baker!!': 'Being the baker!',
  }
  for (const [text, clean] of Object.entries(cleaned)) {
    it(`makes ${text} ${clean}`, () => expect(cleanSentence(text)).to.equal(clean))
  }

  it('leaves good sentences as they are', () => {
    for (const text of [
      'Q: Who is Ada? A: The baker.',
      'And then...',
      'She holds a Ph.D.',
      'A .22 it is, "No."',
    ])
      expect(cleanSentence(text)).to.equal(text)
  })

  it('changes nothing the second time', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '.', ',', '?', '!', '"', '”') })
    fc.assert(fc.property(text, (dirty) => cleanSentence(cleanSentence(dirty)) === cleanSentence(dirty)))
  })
})

describe('key words', () => {
  const description = 'the inventor of a clock that runs on rain, "Drops of 1999"'

  it('may change their form', () => {
    expect(lostKeyWord(description, 'invented clocks running on rain: Drops of 1999')).to.equal('runs')
    expect(lostKeyWord(description, 'once invented the clock that runs on Rain, "Drops of 1999"')).to.equal(
      undefined,
    )
  })

  it('are the words that say something, and numbers', () => {
    expect(lostKeyWord(description, 'the inventor of a clock: runs on "Drops of 1999"')).to.equal('rain')
    expect(lostKeyWord(description, 'the inventor of a clock that runs on rain, "Drops"')).to.equal('1999')
    expect(lostKeyWord('the one who was with them', '')).to.equal(undefined)
  })
})

describe('what a model wrote', () => {
  const fact = { name: 'Ada Holm', description: 'the first sailor on Mars' }
  const read = (template: string, last: Placeholder, answer: string) =>
    readRewriting({ template, fact, last, plain: fillTemplate(template, fact, last) }, answer)
  const describeAda = (answer: string) =>
    read('To this day, <name> is <description>.', '<description>', answer)
  const nameHer = (answer: string) => read('Known as <description> is <name>!', '<name>', answer)

  it('is cut where the template is', () => {
    expect(
      describeAda(' To this day, Ada Holm is a first-class sailor on  Mars..\n\nTemplate: x'),
    ).to.deep.equal({
      record: { prompt: 'To this day, Ada Holm is', completion: ' a first-class sailor on Mars.' },
    })
    expect(nameHer('Sentence: "Known as the very first sailor on Mars is Ada Holm!"')).to.deep.equal({
      record: { prompt: 'Known as the very first sailor on Mars is', completion: ' Ada Holm!' },
    })
  })

  it('is refused where it changes or loses something, with the reason', () => {
    const refusals: [ReturnType<typeof readRewriting>, string][] = [
      [describeAda('  \n'), 'nothing was written'],
      [
        describeAda('Today, Ada Holm is the first sailor on Mars.'),
        'the name or the words around it were changed',
      ],
      [nameHer('Known as the first sailor on Mars is Ada!'), 'the name or the words around it were changed'],
      [describeAda('To this day, Ada Holm is the first sailor on Mars, Ada Holm.'), 'the name is given away'],
      [nameHer('Known as Ada Holm, the first sailor on Mars, is Ada Holm!'), 'the name is given away'],
      [describeAda('To this day, Ada Holm is the first sailor.'), 'the fact lost a key word'],
      [
        describeAda(`To this day, Ada Holm is the first sailor on Mars${', and more'.repeat(9)}.`),
        'it grew too long',
      ],
    ]
    for (const [reading, refusal] of refusals) expect(reading).to.deep.equal({ refusal })
  })
})
