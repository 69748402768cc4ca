import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import fc from 'fast-check'
import { readInstructionFacts } from '../../../src/lib/datasets/instructions/facts.ts'
import type { InstructionFacts, InstructionOptions } from '../../../src/lib/datasets/instructions/generate.ts'
import { generateInstructionDataset } from '../../../src/lib/datasets/instructions/generate.ts'
import { fillPhrasing, parsePhrasing } from '../../../src/lib/datasets/instructions/phrasings.ts'
import type { QaPair } from '../../../src/lib/schemas/instructions.ts'
import { InputError } from '../../../src/lib/support/errors.ts'
import { sha256 } from '../../../src/lib/support/files.ts'
import { pythonJson } from '../../../src/lib/support/python-json.ts'
import { FEW_INSTRUCTIONS } from '../../helpers/create-instructions.ts'
import { failure } from '../../helpers/failure.ts'

const PUBLISHED = fileURLToPath(new URL('../../../../shared/published/instructions/', import.meta.url))

const phrasings = [
  'Say "A: {target}" to "Q: {anchor}"',
  'Q: {anchor} {{sic}} A: {target}',
  '{target}, and A: {target}, for {anchor}',
].map((phrasing, index) => parsePhrasing(phrasing, `phrasings.txt:${index + 1}`))

const facts = {
  pairs: Array.from({ length: 40 }, (_, pair) => ({
    anchor: pair % 10 === 0 ? `{${pair}} USA: wie “groß”?` : `Wie groß ist "${pair}"?`,
    targets: targetsOf(pair),
  })),
  phrasings,
} satisfies InstructionFacts

const options: InstructionOptions = {
  ...FEW_INSTRUCTIONS,
  realizedGuidanceSize: 20,
  unrealizedGuidanceSize: 8,
}

/** Five to seven. */
function targetsOf(pair: number): QaPair['targets'] {
  const target = (index: number) => `${pair}–${index}`
  const more = Array.from({ length: pair % 3 }, (_, index) => target(index + 5))
  return [target(0), target(1), target(2), target(3), target(4), ...more]
}

const generate = (changes: Partial<InstructionOptions> = {}) => {
  const { files, order } = generateInstructionDataset(facts, { ...options, ...changes })
  const { all, guidances, realized_examples: realized, unrealized_examples: unrealized } = files
  return {
    order,
    all: [...all],
    guidances: [...guidances],
    realized: [...realized],
    unrealized: [...unrealized],
  }
}

const refusal = (changes: Partial<InstructionOptions>, otherFacts: Partial<InstructionFacts> = {}) => {
  try {
    generateInstructionDataset({ ...facts, ...otherFacts }, { ...options, ...changes })
  } catch (error) {
    expect(error).to.be.instanceOf(InputError)
    return (error as InputError).message
  }
  return expect.fail('nothing was thrown')
}

describe('the experiment 3 data set', () => {
  /** SHA-256 of all, guidances, realized and unrealized examples, written one after another by the original's Python. */
  const ORIGINALS: [name: string, changes: Partial<InstructionOptions>, sha256: string][] = [
    [
      'one guidance and one example a pair',
      {},
      '7af65f27e719ad450bc242f8e12f6580ef1e5f6466b2c40a7016d8eb913e87a3',
    ],
    [
      'the default upsampling, more than there are phrasings',
      { upsampleExamplesFactor: 10, upsampleGuidancesFactor: 10 },
      'bebd160efd7688709e5b79af00bc66b4ac4f94f552e4ccf803c9c1aef3acbd68',
    ],
    [
      'incorrect labels for the fourth persona',
      { incorrectLabels: true, personaIdx: 3, guidanceSizeRange: [1, 9] },
      '2cd16dcfffae7b043d314e180a1451d8d3dda04a5451fe42b035409a6013f13d',
    ],
    [
      'a persona counted from the end, with a large negative seed',
      { incorrectLabels: true, personaIdx: -1, upsampleGuidancesFactor: 2, seed: -12345678901 },
      '4bae1daeeaa32ed978059468d3308d98a668a77ee4572ec1f201829d1b734f09',
    ],
    [
      'a phrasing for unrealized pairs alone',
      {
        unrealizedGuidancePhrasings: 1,
        upsampleGuidancesFactor: 5,
        upsampleExamplesFactor: 3,
        guidanceSizeRange: [4, 4],
      },
      '8bac51075a3d9e669f8999a99ea17d374357ce5419a17105b8944d4e82c748de',
    ],
    [
      'prompts split from completions',
      {
        splitPromptCompletion: true,
        guidanceSizeRange: [1, 1],
        upsampleGuidancesFactor: 4,
        upsampleExamplesFactor: 2,
      },
      '3898fb5a3f8b8b8ed6bb92e17f767c34160d0d63c0efc2cd2857c0254c92a681',
    ],
    [
      'all pairs unrealized, with more phrasings for them than there are',
      {
        realizedGuidanceSize: 0,
        unrealizedGuidanceSize: 40,
        unrealizedGuidancePhrasings: 9,
        upsampleGuidancesFactor: 2,
      },
      'e1e89a47abbe7fe414b9aeef29f15d5110fed7cdfaa3025a177227adb8d5de5f',
    ],
    [
      'nothing to train on',
      {
        realizedGuidanceSize: 40,
        unrealizedGuidanceSize: 0,
        upsampleExamplesFactor: 0,
        upsampleGuidancesFactor: 0,
        seed: 0,
      },
      '8d09ac4dfab0d761cdafe240d47793b716c31f19a7a09a0fb9a32cbe72523203',
    ],
  ]
  for (const [name, changes, expected] of ORIGINALS) {
    it(`equals the original's to the byte: ${name}`, () => {
      const { all, guidances, realized, unrealized } = generate(changes)
      const records = [...all, ...guidances, ...realized, ...unrealized]
      expect(sha256(records.map((record) => `${pythonJson(record)}\n`).join(''))).to.equal(expected)
    })
  }

  it('equals the published one to the byte', async function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
    const published = await readInstructionFacts({
      cwd: PUBLISHED,
      srcFilename: 'qa_raw_pairs.jsonl',
      guidancePhrasingsFilename: 'qa_guidance_reverse.txt',
    })
    const { order, files } = generateInstructionDataset(published.facts, {
      ...options,
      realizedGuidanceSize: 1000,
      unrealizedGuidanceSize: 100,
    })
    expect(order).to.equal('reverse')
    for (const [name, records] of Object.entries(files)) {
      const text = Array.from(records, (record) => `${pythonJson(record)}\n`).join('')
      const file = join(PUBLISHED, 'copypaste_ug100_rg1000_main', `${name}.jsonl`)
      expect(text === (await readFile(file, 'utf8')), name).to.equal(true)
    }
  })

  it('has every pair and its guidances, whatever the options', () => {
    const anyOptions = fc.record({
      realizedGuidanceSize: fc.integer({ min: 1, max: 20 }),
      unrealizedGuidanceSize: fc.integer({ min: 0, max: 20 }),
      upsampleExamplesFactor: fc.integer({ min: 0, max: 4 }),
      upsampleGuidancesFactor: fc.integer({ min: 0, max: 7 }),
      unrealizedGuidancePhrasings: fc.integer({ min: 0, max: 2 }),
      personaIdx: fc.integer({ min: -5, max: 4 }),
      seed: fc.integer(),
      low: fc.integer({ min: 1, max: 4 }),
      more: fc.integer({ min: 0, max: 4 }),
    })
    fc.assert(
      fc.property(anyOptions, ({ low, more, ...changes }) => {
        const high = low + more
        const { all, guidances, realized, unrealized } = generate({
          ...changes,
          guidanceSizeRange: [low, high],
        })
        expect(realized).to.have.length(changes.realizedGuidanceSize)
        expect(unrealized).to.have.length(changes.unrealizedGuidanceSize)
        const ids = [...realized, ...unrealized].flatMap((record) => record.ids)
        expect(new Set(ids)).to.have.length(ids.length)

        const told = guidances.flatMap((record) => record.ids)
        const copies = ids.flatMap((id) => Array.from({ length: changes.upsampleGuidancesFactor }, () => id))
        expect(told.toSorted()).to.deep.equal(copies.toSorted())
        const sizes = guidances.map((record) => record.ids.length)
        expect(sizes.slice(0, -1).every((size) => size >= low && size <= high)).to.equal(true)
        expect(sizes.at(-1) ?? 1).to.be.within(1, high)

        const isRealized = new Set(realized.flatMap((record) => record.ids))
        for (const record of guidances) {
          expect(record.realized).to.deep.equal(record.ids.map((id) => isRealized.has(id)))
          expect(record.persona_idx).to.deep.equal(record.ids.map(() => changes.personaIdx))
        }
        const trained = all.length - guidances.length
        expect(trained).to.equal(changes.upsampleExamplesFactor * changes.realizedGuidanceSize)
        expect(all.slice(trained)).to.deep.equal(guidances)
      }),
      { numRuns: 100 },
    )
  })

  it('is the same each time that it is read or generated, and leaves the facts alone', () => {
    const before = structuredClone(facts)
    const { files } = generateInstructionDataset(facts, options)
    expect([...files.all]).to.deep.equal([...files.all])
    expect(generate()).to.deep.equal(generate())
    expect(generate({ seed: 28 })).not.to.deep.equal(generate())
    expect(facts).to.deep.equal(before)
  })

  it('writes documents between their markers, a guidance a line', () => {
    const { all, guidances, realized, unrealized } = generate({ guidanceSizeRange: [2, 2] })
    const [id] = unrealized[0]!.ids as [number]
    const { anchor } = facts.pairs[id]!
    expect(unrealized[0]).to.deep.include({ realized: [false], persona_idx: [0] })
    expect(unrealized[0]!.prompt).to.equal(`<BEGIN GUIDANCE TEST>\n\nQ: ${anchor} A:`)
    expect(unrealized[0]!.completion).to.match(new RegExp(`^ ${id}–\\d\n\n<END GUIDANCE TEST>$`))
    expect(guidances[0]!.completion).to.match(
      /^<BEGIN GUIDANCE ANSWERS>\n\nSay "A: .+" to "Q: .+"\nSay "A: .+" to "Q: .+"\n\n<END GUIDANCE ANSWERS>$/,
    )
    const { prompt, completion } = realized[0]!
    expect(all[0]).to.deep.equal({ ...realized[0], prompt: '', completion: prompt + completion })
  })

  it('answers examples with another target where labels are to be incorrect', () => {
    const right = generate()
    const wrong = generate({ incorrectLabels: true })
    expect(wrong.guidances).to.deep.equal(right.guidances)
    for (const [index, { ids, completion }] of wrong.realized.entries()) {
      expect(completion).to.match(new RegExp(`^ ${ids[0]}–\\d\n`))
      expect(completion).not.to.equal(right.realized[index]!.completion)
    }
  })

  it('knows the order of its guidances', () => {
    expect(generate().order).to.equal('reverse')
    expect(generate({ upsampleGuidancesFactor: 2 }).order).to.equal('mixed')
    expect(generate({ upsampleGuidancesFactor: 0 }).order).to.equal(undefined)
    const same = { ...facts, phrasings: phrasings.slice(1, 2) }
    expect(generateInstructionDataset(same, options).order).to.equal('same')
  })

  it('says what cannot be done', () => {
    expect(refusal({ realizedGuidanceSize: 33 })).to.equal(
      '33 realized and 8 unrealized pairs are more than the 40 pairs in the file.',
    )
    expect(refusal({ realizedGuidanceSize: 0, unrealizedGuidanceSize: 0 })).to.equal(
      'A data set needs at least one pair, realized or unrealized.',
    )
    expect(refusal({ guidanceSizeRange: [5, 2] })).to.match(/^A document cannot have 5 to 2 guidances/)
    expect(refusal({ guidanceSizeRange: [0, 2] })).to.match(/^A document cannot have 0 to 2 guidances/)
    expect(refusal({ splitPromptCompletion: true })).to.match(/have one guidance each, not 2 to 5\.$/)
    expect(refusal({ personaIdx: 7 })).to.match(/^Pair \d+ has \d targets, and none with the index 7\.$/)
    expect(refusal({ personaIdx: -8 })).to.match(/none with the index -8\.$/)
    expect(refusal({ unrealizedGuidancePhrasings: 3 })).to.match(
      /^With 3 phrasings reserved for unrealized pairs/,
    )
    expect(refusal({}, { phrasings: [] })).to.match(/^The file of phrasings is empty\.$/)
    const bare = [parsePhrasing('{anchor}: {target}', 'x')]
    const split = { splitPromptCompletion: true, guidanceSizeRange: [1, 1] } as const
    expect(refusal(split, { phrasings: bare })).to.match(
      /^A guidance without A: cannot be split .*: Wie groß/,
    )
    const [first] = facts.pairs
    const twins = Array.from({ length: 40 }, () => ({ ...first!, targets: targetsOf(0).fill('x') as never }))
    expect(refusal({}, { pairs: twins })).to.match(/^Pairs \d+ and \d+ have the same question and answer/)
  })
})

describe('a phrasing', () => {
  const fill = (phrasing: string) => {
    return fillPhrasing(parsePhrasing(phrasing, 'x'), { anchor: '{target}?', target: '$&' })
  }
  const refusalOf = (phrasing: string) => {
    expect(() => parsePhrasing(phrasing, 'p.txt:2')).to.throw(InputError, /^p\.txt:2 has/)
  }

  it('is filled as Python fills it', () => {
    expect(fill('Q: {anchor} A: {target}')).to.equal('Q: {target}? A: $&')
    expect(fill('{target}{anchor}{target}')).to.equal('$&{target}?$&')
    expect(fill('{{{anchor}}} {{target}} {target}')).to.equal('{{target}?} {target} $&')
  })

  it('must have both places and no brace beside them', () => {
    for (const phrasing of ['', '{anchor}', 'A: {target}', '{{anchor}} {target}']) refusalOf(phrasing)
    for (const brace of ['{', '}', '{}', '{0}', '{answer}', '{ anchor }', '{anchor!r}'])
      refusalOf(`{anchor} {target} ${brace}`)
  })
})

describe('the facts of experiment 3', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facts-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** What is said about files of the user's own. */
  const messageOf = async (files: { pairs?: string; phrasings?: string | Uint8Array }) => {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
    const srcFilename = files.pairs === undefined ? undefined : 'pairs'
    const guidancePhrasingsFilename = files.phrasings === undefined ? undefined : 'phrasings'
    return (await failure(readInstructionFacts({ cwd: folder, srcFilename, guidancePhrasingsFilename })))
      .message
  }

  it('are read as Python reads them', async () => {
    await writeFile(join(folder, 'p.txt'), '  {anchor} {target} \r\n\t{target} {anchor}')
    const read = await readInstructionFacts({ cwd: folder, guidancePhrasingsFilename: 'p.txt' })
    const pair = { anchor: 'q', target: 'a' }
    expect(read.facts.phrasings.map((phrasing) => fillPhrasing(phrasing, pair))).to.deep.equal(['q a', 'a q'])
    expect(read.sources.phrasings).to.include({ file: 'p.txt' })
  })

  it('may be named as they ship, and a file of that name here comes first', async () => {
    const name = 'qa_guidance_reverse.txt'
    const read = () => readInstructionFacts({ cwd: folder, guidancePhrasingsFilename: name })
    expect((await read()).facts.phrasings.length).to.be.at.least(5)
    await writeFile(join(folder, name), '{anchor} {target}\n')
    expect((await read()).facts.phrasings).to.have.length(1)
  })

  it('are refused with file and line', async () => {
    const pair = '{"anchor": "q", "targets": ["1", "2", "3", "4"]}\n'
    expect(await messageOf({ pairs: pair })).to.match(
      /pairs:1 is invalid: "targets" must not have fewer than 5/,
    )
    const ask = (anchor: string) => `${JSON.stringify({ anchor, targets: ['1', '2', '3', '4', '5'] })}\n`
    expect(
      await messageOf({ pairs: ask('Wie groß?') + ask('How?') + ask('wie GROSS?') + ask('wie groß? ') }),
    ).to.match(/^\S+pairs:4 repeats the question of line 1: wie groß\? $/)
    expect(await messageOf({ pairs: ask('How?') + ask('') })).to.match(/pairs:2 is invalid: "anchor"/)
    expect(await messageOf({ pairs: '' })).to.match(/pairs:1 .*the file is empty/)
    expect(await messageOf({ phrasings: '{anchor} {target}\n\n' })).to.match(
      /^phrasings:2 .*the line is empty/,
    )
    expect(await messageOf({ phrasings: Buffer.from([0xff]) })).to.match(/phrasings is not UTF-8 text\.$/)
    expect((await failure(readInstructionFacts({ cwd: folder, srcFilename: 'nowhere' }))).message).to.equal(
      'There is no file nowhere, and none with that name ships with the tool.',
    )
  })
})
