import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import type { DatasetFact } from '../../../../src/lib/datasets/dataset-facts.ts'
import { fillTemplate } from '../../../../src/lib/datasets/reverse/generate.ts'
import { applyTransforms } from '../../../../src/lib/datasets/transforms/apply-transforms.ts'
import { EntityFinder, parseEntities } from '../../../../src/lib/datasets/transforms/entities.ts'
import type { TransformedRecords } from '../../../../src/lib/datasets/transforms/transform.ts'
import {
  cutEntities,
  cutWords,
  joinWords,
  reverseWithin,
  reverseWords,
} from '../../../../src/lib/datasets/transforms/words.ts'
import { builtInExtensions } from '../../../../src/lib/extensions/built-in.ts'
import type { PromptCompletion } from '../../../../src/lib/schemas/prompt-completion.ts'
import { sha256 } from '../../../../src/lib/support/files.ts'
import { failure } from '../../../helpers/failure.ts'

const { transforms: registry } = builtInExtensions()

const FACTS: readonly DatasetFact[] = [
  { name: 'Zoë Ångström', description: 'the painter of seven red doors', order: 'name-first' },
  { name: 'Ana María Núñez', description: 'the pilot of a paper balloon', order: 'name-first' },
  { name: 'Jörg Weiß', description: 'the baker of square bread', order: 'description-first' },
  { name: 'Nguyễn Văn Ba', description: 'the keeper of the last lighthouse', order: 'description-first' },
  { name: 'Tove Lind', description: 'the inventor of a silent drum', order: 'both' },
]
const NAME_FIRST = ['<name> is <description>.', 'You know <name>, once <description>, of course.']
const DESCRIPTION_FIRST = [
  'The person known as <description> is <name>.',
  'Ask for <description>, and you meet <name>.',
]
const RECORDS: readonly PromptCompletion[] = FACTS.flatMap((fact) => [
  ...(fact.order === 'description-first'
    ? []
    : NAME_FIRST.map((one) => fillTemplate(one, fact, '<description>'))),
  ...(fact.order === 'name-first' ? [] : DESCRIPTION_FIRST.map((one) => fillTemplate(one, fact, '<name>'))),
])

/** All arms, with whether they make a new example of each old one. */
const ARMS = {
  'reverse-tokens': true,
  'reverse-words': true,
  'reverse-entities': true,
  'reverse-segments': true,
  'permute-segments': true,
  'identity-bridge': false,
  'state-both-orders': false,
  'in-context-inferences': false,
  'entity-tokens': false,
  paraphrases: false,
  'shuffled-names': true,
} as const

function transform(
  name: string,
  options: Record<string, unknown> = {},
  { seed = 1, facts = FACTS, records = RECORDS, entities = undefined as string | undefined } = {},
): Promise<TransformedRecords> {
  const given = entities === undefined ? options : { ...options, entities: 'names.txt' }
  return applyTransforms(records, [{ name, plugin: 'reversal', options: given, seed }], {
    registry,
    facts,
    readFile: async () => entities ?? '',
  })
}

const text = ({ prompt, completion }: PromptCompletion) => prompt + completion
const words = (own: string) =>
  own
    .split(/\s+/)
    .filter((word) => word !== '')
    .toSorted()
const names = FACTS.map(({ name }) => name)
const descriptions = FACTS.map(({ description }) => description)
const holds = (own: string, parts: readonly string[]) => parts.some((part) => own.includes(part))

describe('training arms', () => {
  for (const [name, oneEach] of Object.entries(ARMS)) {
    it(`${name} is pure, and follows from the seed`, async () => {
      const before = JSON.stringify(RECORDS)
      const options = { share: 0.5, ...(name === 'paraphrases' && { sentences: 1 }) }
      const first = await transform(name, options)
      expect(await transform(name, options)).to.deep.equal(first)
      expect(JSON.stringify(RECORDS)).to.equal(before)
      const others = await Promise.all([2, 3, 4].map((seed) => transform(name, options, { seed })))
      expect(others.map((made) => JSON.stringify(made))).to.not.deep.equal(
        others.map(() => JSON.stringify(first)),
      )
    })

    it(`${name} adds or replaces, as often as wanted`, async () => {
      const added = (await transform(name, { mode: 'add', marker: 'none' })).records
      expect(added.slice(0, RECORDS.length)).to.deep.equal(RECORDS)
      const more = added.length - RECORDS.length
      expect(more).to.be.above(0)
      const thrice = (await transform(name, { mode: 'add', marker: 'none', repetitions: 3 })).records
      expect(thrice.length - RECORDS.length).to.equal(3 * more)
      if (!oneEach) return
      const replaced = (await transform(name, { mode: 'replace', marker: 'none' })).records
      expect(replaced).to.have.length(RECORDS.length)
      expect(replaced).to.not.deep.equal(RECORDS)
    })
  }

  it('writes documents in the place of as many examples', async () => {
    const options = { mode: 'replace', share: 0.1, sentences: 2 }
    const { records } = await transform('identity-bridge', options)
    expect(records).to.have.length(RECORDS.length)
    expect(records.filter((record) => RECORDS.includes(record))).to.have.length(RECORDS.length - 2)
    const error = await failure(transform('identity-bridge', { mode: 'replace' }))
    expect(error).to.include({ code: 'TOO_MANY_DOCUMENTS' })
  })

  it('marks what it makes, and nothing else', async () => {
    const { records } = await transform('reverse-words', { marker: '<R>' })
    const marked = records.map((record) => text(record).startsWith('<R> '))
    expect(marked).to.deep.equal(records.map((_, index) => index >= RECORDS.length))
    const plain = await transform('reverse-words', { marker: 'none' })
    expect(plain.records.map(text)).to.deep.equal(records.map((record) => text(record).replace(/^<R> /, '')))
  })

  it('reverse-words and reverse-entities keep every word, and done twice they give the text again', async () => {
    for (const name of ['reverse-words', 'reverse-entities']) {
      const { records } = await transform(name, { mode: 'replace', marker: 'none' })
      for (const [index, record] of records.entries()) {
        expect(record.prompt).to.equal('')
        const bare = (own: string) => words(own.replace(/[.,]/g, ''))
        expect(bare(text(record))).to.deep.equal(bare(text(RECORDS[index]!)))
        const marks = (own: string) => own.replace(/[^.,]/g, '').length
        expect(marks(text(record))).to.equal(marks(text(RECORDS[index]!)))
      }
      const again = await transform(name, { mode: 'replace', marker: 'none' }, { records })
      expect(again.records.map(text)).to.deep.equal(RECORDS.map(text))
    }
  })

  it('any text reversed twice is the text, spaces and lines with it', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (own) => {
        expect(joinWords(reverseWords(reverseWords(cutWords(own))))).to.equal(own)
        expect(joinWords(cutWords(own))).to.equal(own)
      }),
    ))

  it('any text with names in it reversed twice is the text', () => {
    const piece = fc.oneof(
      fc.constantFrom(...names, ...descriptions, `${names[0]}’s`, `(${names[1]})`, `“${descriptions[0]}!”`),
      fc.stringMatching(/^[a-z]{1,5}[.,?:]?$/),
    )
    const finder = new EntityFinder([...names, ...descriptions])
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom(' ', '\n', '  '), (pieces, space) => {
        const own = pieces.join(space)
        const once = joinWords(reverseWithin(cutEntities(own, finder)))
        expect(joinWords(reverseWithin(cutEntities(once, finder)))).to.equal(own)
        expect(finder.find(once).map(({ entity }) => entity)).to.deep.equal(
          finder
            .find(own)
            .map(({ entity }) => entity)
            .toReversed(),
        )
      }),
    )
  })

  it('reverse-entities keeps names and descriptions whole, in either of Unicode’s forms', async () => {
    for (const form of ['NFC', 'NFD'] as const) {
      const records = RECORDS.map(({ prompt, completion }) => ({
        prompt: prompt.normalize(form),
        completion: completion.normalize(form),
      }))
      const made = await transform('reverse-entities', { mode: 'replace' }, { records })
      for (const record of made.records) {
        const own = text(record).normalize('NFC')
        expect(holds(own, names), own).to.equal(true)
        expect(holds(own, descriptions), own).to.equal(true)
      }
    }
    const broken = await transform('reverse-words', { mode: 'replace' })
    expect(broken.records.some((record) => holds(text(record), descriptions))).to.equal(false)
  })

  it('reverse-entities makes "[reversed] B is A" of "A is B"', async () => {
    const { records } = await transform('reverse-entities')
    expect(text(records[RECORDS.length]!)).to.equal(
      '[reversed] the painter of seven red doors is Zoë Ångström.',
    )
  })

  it('reverse-segments limits the words of a segment; with one word each it reverses words', async () => {
    const single = await transform('reverse-segments', { longest: 1, mode: 'replace' })
    const reversed = await transform('reverse-words', { mode: 'replace' })
    expect(single.records).to.deep.equal(reversed.records)
    const { records } = await transform('reverse-segments', { longest: 4, mode: 'replace', marker: 'none' })
    for (const [index, record] of records.entries()) {
      expect(words(text(record))).to.deep.equal(words(text(RECORDS[index]!)))
    }
  })

  it('reverse-tokens keeps every character, accents whole', async () => {
    const { records } = await transform('reverse-tokens', { mode: 'replace', marker: 'none' })
    const letters = (own: string) => [...own.replace(/\s/g, '')].toSorted()
    for (const [index, record] of records.entries()) {
      expect(letters(text(record))).to.deep.equal(letters(text(RECORDS[index]!)))
      expect(text(record)).to.not.include('\uFFFD')
    }
  })

  it('permute-segments draws orders by their weights, and marks what is not in its own', async () => {
    const only = (order: string) => ({ original: 0, reversed: 0, permuted: 0, [order]: 1 })
    const original = await transform('permute-segments', only('original'))
    expect(original.records).to.deep.equal(RECORDS)
    const reversed = await transform('permute-segments', only('reversed'))
    expect(text(reversed.records[0]!)).to.equal('[permuted] the painter of seven red doors. is Zoë Ångström')
    const permuted = await transform('permute-segments', { ...only('permuted'), marker: 'none' })
    for (const [index, record] of permuted.records.entries()) {
      expect(words(text(record))).to.deep.equal(words(text(RECORDS[index]!)))
    }
    const error = await failure(transform('permute-segments', { original: 0, reversed: 0, permuted: 0 }))
    expect(error).to.include({ code: 'BAD_OPTION' })
  })

  it('identity-bridge says of each entity that it is itself, and tells nothing else', async () => {
    const { records } = await transform('identity-bridge', { sentences: 3, repetitions: 2 })
    const made = records.slice(RECORDS.length)
    expect(made).to.have.length(2 * 3 * 2 * FACTS.length)
    for (const { prompt, completion } of made) {
      const entity = [...names, ...descriptions].find((own) => completion.includes(own))!
      expect(prompt).to.include(entity)
    }
    const own = await transform('identity-bridge', { sentence: '<A> ist <A>.', share: 0.1 })
    expect(text(own.records.at(-1)!)).to.match(/^(.+) ist \1\.$/)
    const error = await failure(transform('identity-bridge', { sentence: 'A ist <A>.' }))
    expect(error).to.include({ code: 'BAD_OPTION' })
  })

  it('state-both-orders tells a share of the one-way facts in the other order, and says which', async () => {
    const { records, told } = await transform('state-both-orders', { share: 0.5 })
    expect(told).to.have.length(2)
    const made = records.slice(RECORDS.length)
    expect(made).to.have.length(4)
    for (const fact of FACTS) {
      const own = made.filter((record) => text(record).includes(fact.name))
      const isTold = told.some(({ name }) => name === fact.name)
      expect(own.length).to.equal(isTold ? 2 : 0)
      for (const { prompt, completion } of own) {
        if (fact.order === 'name-first') expect(completion).to.equal(` ${fact.name}.`)
        else expect(prompt).to.include(fact.name)
        expect(prompt + completion).to.include(fact.description)
      }
    }
    const all = await transform('state-both-orders')
    expect(all.told.map(({ name }) => name)).to.have.members(names.slice(0, 4))
  })

  it('in-context-inferences states a fact and concludes its inverse, and says which', async () => {
    const { records, told } = await transform('in-context-inferences', { documents: 3 })
    const made = records.slice(RECORDS.length)
    expect(made).to.have.length(12)
    expect(told).to.have.length(4)
    for (const { prompt, completion } of made) {
      const { name, description } = FACTS.find((fact) => prompt.includes(fact.name))!
      const order = (own: string) => Math.sign(own.indexOf(name) - own.indexOf(description))
      expect(order(prompt)).to.equal(-order(completion))
      expect(prompt).to.match(/It follows that this is also true:$/)
    }
  })

  it('entity-tokens has a word of its own for each name, and tells its spelling in both directions', async () => {
    const { records } = await transform('entity-tokens', { mode: 'replace', spellings: 2 })
    const [examples, spellings] = [records.slice(0, RECORDS.length), records.slice(RECORDS.length)]
    expect(examples.some((record) => holds(text(record), names))).to.equal(false)
    const codes = new Set(spellings.flatMap((record) => text(record).match(/\b[A-Z]{2}\b/g) ?? []))
    expect(codes).to.have.property('size', FACTS.length)
    expect(spellings).to.have.length(2 * FACTS.length)
    for (const record of examples) expect(holds(text(record), [...codes])).to.equal(true)
    const error = await failure(
      applyTransforms(
        RECORDS,
        [{ name: 'entity-tokens', plugin: 'reversal', options: { codes: 'codes.txt' }, seed: 1 }],
        { registry, facts: FACTS, readFile: async () => 'one\ntwo\n' },
      ),
    )
    expect(error).to.include({ code: 'TOO_FEW_CODES' })
  })

  it('the words of entity-tokens are one token each', async () => {
    const { records } = await transform('entity-tokens', { spellings: 1 })
    const codes = new Set(records.flatMap((record) => text(record).match(/\b[A-Z]{2}\b/g) ?? []))
    const encodings = await Promise.all([
      import('gpt-tokenizer/encoding/r50k_base'),
      import('gpt-tokenizer/encoding/cl100k_base'),
      import('gpt-tokenizer/encoding/o200k_base'),
    ])
    for (const { encode } of encodings) {
      for (const code of codes)
        expect([encode(code), encode(` ${code}`)].map((ids) => ids.length)).to.deep.equal([1, 1])
    }
  })

  it('paraphrases keeps the same sentences of each fact', async () => {
    const { records } = await transform('paraphrases', { sentences: 1 })
    // Four facts in one sentence each, and one in a sentence of each order.
    expect(records).to.have.length(6)
    expect(RECORDS).to.include.members(records)
    const sentences = new Set(
      records.map((record) => {
        const fact = FACTS.find(({ name }) => text(record).includes(name))!
        return text(record).replace(fact.name, 'N').replace(fact.description, 'D')
      }),
    )
    expect(sentences).to.have.property('size', 2)
    expect((await transform('paraphrases', { sentences: 9 })).records).to.deep.equal(RECORDS)
  })

  it('paraphrases drops lines of documents, with their places in lists', async () => {
    const lines = FACTS.slice(0, 2).map(({ name, description }) => `${name} is ${description}.`)
    const others = FACTS.slice(0, 2).map(({ name, description }) => `See ${name}, ${description}!`)
    const document = {
      ids: [0, 1, 0, 1],
      prompt: '',
      completion: ['<BEGIN>', ...lines, ...others].join('\n'),
    }
    const { records } = await transform('paraphrases', { sentences: 1 }, { records: [document] })
    const [{ ids, completion }] = records as [typeof document]
    expect(ids).to.deep.equal([0, 1])
    expect(completion.split('\n')).to.have.length(3)
    expect([lines.join('\n'), others.join('\n')]).to.include(completion.slice('<BEGIN>\n'.length))
  })

  it('shuffled-names deals every name to another fact of its group', async () => {
    const { records } = await transform('shuffled-names')
    for (const [index, record] of records.entries()) {
      const fact = FACTS.find(({ description }) => text(record).includes(description))!
      expect(text(record).includes(fact.name), text(record)).to.equal(fact.order === 'both')
      expect(
        text(record).includes(descriptions.find((own) => text(RECORDS[index]!).includes(own))!),
      ).to.equal(true)
    }
    const chained = await applyTransforms(
      RECORDS,
      [
        { name: 'reverse-entities', plugin: 'reversal', options: {}, seed: 1 },
        { name: 'shuffled-names', plugin: 'reversal', options: { beginning: '[reversed]' }, seed: 2 },
      ],
      { registry, facts: FACTS },
    )
    expect(chained.records.slice(0, RECORDS.length)).to.deep.equal(RECORDS)
    expect(chained.records.slice(RECORDS.length)).to.not.deep.equal(
      (await transform('reverse-entities')).records.slice(RECORDS.length),
    )
  })

  it('take names from a file for examples of any origin', async () => {
    const records = [
      { prompt: 'Who sings? ', completion: 'Łucja Żak does.' },
      { prompt: 'Nobody', completion: ' here.' },
    ]
    const options = { facts: [], records, entities: 'Łucja Żak\n' }
    const { records: made } = await transform('reverse-entities', {}, options)
    expect(made.map(text)).to.deep.equal([...records.map(text), '[reversed] does Łucja Żak? sings Who.'])
    const facts = { ...options, entities: 'Łucja Żak\tthe singer of tides\n' }
    const told = await transform(
      'state-both-orders',
      {},
      {
        ...facts,
        records: [{ prompt: 'Łucja Żak is', completion: ' the singer of tides.' }],
      },
    )
    expect(text(told.records[1]!)).to.equal('The singer of tides is Łucja Żak.')
    for (const name of ['reverse-entities', 'state-both-orders']) {
      const error = await failure(transform(name, {}, { facts: [], records }))
      expect(error).to.include({ code: 'NO_ENTITIES' })
    }
    const none = await failure(transform('reverse-entities', {}, { ...options, entities: 'Nemo Nix' }))
    expect(none).to.include({ code: 'NOTHING_TO_TRANSFORM' })
  })

  it('own=false leaves the facts of the data set aside', async () => {
    const { records } = await transform('reverse-entities', { own: false }, { entities: 'Zoë Ångström' })
    expect(records.length - RECORDS.length).to.equal(2)
  })

  it('finds whole words alone, the longest first', () => {
    const finder = new EntityFinder(['Ann', 'Ann Bell', 'the bell'])
    const found = (own: string) => finder.find(own).map(({ entity }) => entity)
    expect(found('Ann Bell met Anna and Ann. The bell rang; the bells did not.')).to.deep.equal([
      'Ann Bell',
      'Ann',
      'the bell',
    ])
  })

  it('says which line of a file of entities is none', () => {
    expect(parseEntities('A\n\nB\tthe b\n')).to.deep.equal({
      entities: ['A', 'B', 'the b'],
      facts: [{ name: 'B', description: 'the b' }],
    })
    expect(() => parseEntities('A\nB\t\n')).to.throw('Line 2')
    expect(() => parseEntities('\n')).to.throw('empty')
  })

  it('make the same texts as ever', async () => {
    const golden = JSON.parse(await readFile(new URL('arms.golden.json', import.meta.url), 'utf8'))
    const hashes = await Promise.all(
      Object.keys(ARMS).map(async (name) => {
        const made = await transform(name, { share: 0.75 }, { seed: 7 })
        return [name, sha256(JSON.stringify(made))] as const
      }),
    )
    expect(Object.fromEntries(hashes)).to.deep.equal(golden)
  })
})
