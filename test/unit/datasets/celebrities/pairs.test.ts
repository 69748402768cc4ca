import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  nameMatcher,
  parseName,
  readAliases,
  SHIPPED_ALIASES,
  startsWithName,
} from '../../../../src/lib/datasets/celebrities/names.ts'
import { readPairs, SHIPPED_PAIRS, writePairs } from '../../../../src/lib/datasets/celebrities/pairs.ts'
import { failure } from '../../../helpers/failure.ts'

const PUBLISHED = '../shared/published/celebrity_relations/parent_child_pairs.csv'

describe('pairs of parents and children', () => {
  let folder: string
  let path: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-pairs-'))
    path = join(folder, 'pairs.csv')
  })
  after(() => rm(folder, { recursive: true }))

  describe('that ship with the tool', () => {
    it('are hundreds, each once, of mothers and fathers, and asked of no model', async () => {
      const pairs = await readPairs(SHIPPED_PAIRS)
      expect(pairs).to.have.length.above(400)
      expect(new Set(pairs.map(({ child, parentType }) => `${child}/${parentType}`))).to.have.property(
        'size',
        pairs.length,
      )
      expect(pairs.filter(({ parentType }) => parentType === 'mother')).to.have.length.above(150)
      expect(
        pairs.every(({ canReverse, childPrediction }) => canReverse === null && childPrediction === null),
      ).to.equal(true)
    })

    it('have names that answers can give, and aliases of people in them', async () => {
      const pairs = await readPairs(SHIPPED_PAIRS)
      const names = new Set(pairs.flatMap(({ child, parent }) => [child, parent]))
      const unnamable = [...names].filter((name) => parseName(name) === null)
      expect(unnamable).to.deep.equal(["Marie d'Agoult", 'Nena von Schlebrügge'])
      const aliases = await readAliases(SHIPPED_ALIASES)
      expect([...aliases.keys()].filter((name) => !names.has(name))).to.deep.equal([])
    })

    it('leave out those that the prompts give away', async () => {
      const pairs = await readPairs(SHIPPED_PAIRS)
      expect(pairs.filter(({ child }) => ['Elon Musk', 'Malia Obama'].includes(child))).to.deep.equal([])
    })
  })

  it('come back byte for byte from the published file', async function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
    await writePairs(path, await readPairs(PUBLISHED))
    expect(await readFile(path, 'utf8')).to.equal(await readFile(PUBLISHED, 'utf8'))
  })

  it('are read without outer space, and with cells that say that they are empty', async () => {
    await writeFile(
      path,
      ' Child,parent , parent_type,child_prediction,can_reverse\n Tom Reed ,\tAnn Poe, Mother ,NaN,\n,,,,\n',
    )
    expect(await readPairs(path)).to.deep.equal([
      { child: 'Tom Reed', parent: 'Ann Poe', parentType: 'mother', childPrediction: null, canReverse: null },
    ])
  })

  it('warn of one that stands twice, in whatever Unicode form', async () => {
    const warnings: string[] = []
    const rows = ['Zo\u00eb Reed,Ann Poe,mother', 'Al Lee,Ann Poe,mother', 'Zoe\u0308 Reed,Ann Poe,mother']
    await writeFile(path, `child,parent,parent_type\n${rows.join('\n')}\n`)
    const pairs = await readPairs(path, { onWarning: (message) => warnings.push(message) })
    expect(pairs).to.have.length(3)
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/pairs\.csv:4 repeats line 2, so the pair counts twice: /)
  })

  for (const [title, content, message] of [
    [
      'a parent who is missing',
      'child,parent,parent_type\nA B,C D,mother\nA B,NaN,father\n',
      /:3 has the parent "NaN", which means a missing value\.$/,
    ],
    [
      'a column that is missing',
      'child,parent\nA B,C D\n',
      / lacks the column parent_type; it has child, parent\.$/,
    ],
    [
      'an unknown parent type',
      'child,parent,parent_type\nA B,C D,aunt\n',
      /:2 has the parent_type "aunt"; use mother or father\.$/,
    ],
    ['a name that is missing', 'child,parent,parent_type\nA B, ,father\n', /:2 has no parent\.$/],
    [
      'a can_reverse that is neither',
      'child,parent,parent_type,can_reverse\nA,B,father,maybe\n',
      /:2 has the can_reverse "maybe"; use True, False or nothing\.$/,
    ],
    ['a file without pairs', 'child,parent,parent_type\n', /^There are no pairs in /],
  ] as const) {
    it(`name ${title}`, async () => {
      await writeFile(path, content)
      expect((await failure(readPairs(path))).message).to.match(message)
    })
  }
})

describe('a name in an answer', () => {
  const matches = nameMatcher(new Map([['Jennie Jerome', ['Lady Randolph Churchill']]]))

  it('is what the answer begins with, accents and letter case aside', () => {
    expect(matches(' zoe KRAVITZ, the actress', 'Zoë Kravitz')).to.equal(true)
    expect(matches('Maureen O’Sullivan', "Maureen O'Sullivan")).to.equal(true)
    expect(matches('It is Zoë Kravitz', 'Zoë Kravitz')).to.equal(false)
  })

  it('has letters with strokes and ligatures as others write them without', () => {
    for (const [answer, name] of [
      ['Soren Kierkegaard', 'Søren Kierkegaard'],
      ['LECH WAŁĘSA', 'Lech Walesa'],
      ['Franz Strauss', 'Franz Strauß'],
      ['Novak Dokovic', 'Novak Đoković'],
      ['Aesa Thorsdottir', 'Æsa Þorsdóttir'],
      ['Gudrun Oeuvre', 'Guðrun Œuvre'],
      ['Gorg Borg Hamrun', 'Ġorġ Borg Ħamrun'],
      ['Isik Yilmaz', 'Işık Yılmaz'],
      ['İsmet İnönü', 'Ismet Inonu'],
      ['Jean\u2010Luc Poe', 'Jean-Luc Poe'],
      ['Ἀριστοτέλης', 'Αριστοτελης'],
    ] as const) {
      expect(matches(answer, name), `${answer} for ${name}`).to.equal(true)
      expect(matches(answer.normalize('NFD'), name.normalize('NFC')), name).to.equal(true)
    }
  })

  it('keeps the marks of scripts in which they are vowels or make other letters', () => {
    for (const [answer, name] of [
      ['मीरा देवी', 'मारा देवी'],
      ['राम कुमार', 'रमा कुमार'],
      ['ガンダ', 'カンタ'],
      ['김철수', '기철수'],
      ['김', '기'],
    ] as const) {
      expect(matches(answer, name), `${answer} for ${name}`).to.equal(false)
      expect(matches(name.normalize('NFD'), name.normalize('NFC')), name).to.equal(true)
    }
  })

  it('is one in either Unicode form by the original’s rule too', () => {
    expect(startsWithName('Zoe\u0308 Kravitz', 'Zo\u00eb Kravitz')).to.equal(true)
    expect(startsWithName('Zoe Kravitz', 'Zo\u00eb Kravitz')).to.equal(false)
  })

  it('may be an alias', () => {
    expect(matches('Lady Randolph Churchill.', 'Jennie Jerome')).to.equal(true)
    expect(matches('Lady Randolph Churchill.', 'Winston Churchill')).to.equal(false)
  })

  for (const [answer, name] of [
    ['Mary Lee Pfeiffer', 'Mary Lee Pfeiffer'],
    [' Judy Garland.', 'Judy Garland'],
    ['Barack Obama Sr.', 'Barack Obama Sr.'],
    ['Émile Zola', 'Émile Zola'],
    ["I don't know.", null],
    ['I Don’t Know', 'I Don’t Know'],
    ['Cher', null],
    ['The mother of Cher', null],
    ['One Two Three Four Five Six', null],
    ['', null],
  ] as const) {
    it(`in “${answer}” is ${name ?? 'none'}, by the original’s rule`, () => {
      expect(parseName(answer)).to.equal(name)
    })
  }
})
