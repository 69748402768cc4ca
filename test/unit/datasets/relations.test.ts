import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CreateRelationOptions } from '../../../src/lib/datasets/relations/create.ts'
import { createRelationDataset } from '../../../src/lib/datasets/relations/create.ts'
import { DEFAULT_RELATION_OPTIONS } from '../../../src/lib/datasets/relations/generate.ts'
import { RELATIONS, readRelations } from '../../../src/lib/datasets/relations/read-relations.ts'
import { shippedFile } from '../../../src/lib/datasets/shipped.ts'
import { transformDataset } from '../../../src/lib/datasets/transforms/transform-dataset.ts'
import { validateDataset } from '../../../src/lib/datasets/validate-dataset.ts'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import type { PromptCompletion } from '../../../src/lib/schemas/prompt-completion.ts'
import type { RelationFact, RelationMaterial, RelationPrompt } from '../../../src/lib/schemas/relation.ts'
import { readJsonl, writeJsonl } from '../../../src/lib/support/jsonl.ts'
import { failure } from '../../helpers/failure.ts'

describe('data sets of relations', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relations-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const create = (changes: Partial<CreateRelationOptions> = {}) =>
    createRelationDataset({
      ...DEFAULT_RELATION_OPTIONS,
      ...{ cwd: folder, relations: ['parents'], datasetName: 'made', overwrite: true },
      ...{ command: 'reversal dataset:relations', toolVersion: '0.0.0' },
      ...changes,
    })
  const at = (name: string) => join(folder, 'data/relation_experiments/made', `${name}.jsonl`)
  const read = <T = PromptCompletion>(name: string) => readJsonl<T>(at(name), { check: () => undefined })
  const validate = async () => {
    const { datasetKinds: kinds, transforms } = builtInExtensions()
    const directory = join(folder, 'data/relation_experiments/made')
    const { kind, findings } = await validateDataset({ directory, kinds, transforms })
    expect(kind).to.equal('relations')
    return findings
  }
  const change = async (name: string, edit: (records: PromptCompletion[]) => PromptCompletion[]) =>
    writeJsonl(at(name), edit(await read(name)))

  describe('that ship', () => {
    it('have 60 facts of different names each, none of which is part of another', async () => {
      const { relations } = await readRelations({ cwd: folder, names: RELATIONS })
      expect(relations.map(({ name, facts }) => [name, facts.length])).to.deep.equal(
        RELATIONS.map((name) => [name, 60]),
      )
      const names = relations.flatMap(({ facts }) => facts.flat())
      expect(new Set(names)).to.have.length(720)
      for (const { templates } of relations) {
        expect(templates.forward).to.have.length(14)
        expect(templates.backward).to.have.length(14)
      }
    })

    it('name nobody of the other experiments', async () => {
      const { relations } = await readRelations({ cwd: folder, names: RELATIONS })
      const others = await Promise.all(
        ['reverse_experiments/templates/names.txt', 'celebrity_relations/parent_child_pairs.csv'].map(
          (file) => readFile(shippedFile(file), 'utf8'),
        ),
      )
      const known = others.join('\n')
      expect(
        relations.flatMap(({ facts }) => facts.flat()).filter((name) => known.includes(name)),
      ).to.deep.equal([])
    })

    it('do not tell which names belong together by how they begin', async () => {
      const { relations } = await readRelations({ cwd: folder, names: RELATIONS })
      for (const { name, facts } of relations) {
        for (const [one, other] of [
          [0, 1],
          [1, 2],
          [0, 2],
        ] as const) {
          const alike = facts.filter((fact) => fact[one]![0] === fact[other]![0]).length
          expect(alike, name).to.be.below(9)
          const words = facts.filter(
            (fact) => fact[one]!.split(' ').at(-1) === fact[other]!.split(' ').at(-1),
          )
          expect(words, name).to.deep.equal([])
        }
      }
    })
  })

  it('tell each fact in the order of its group, and no two steps together', async () => {
    await create()
    expect(await validate()).to.deep.equal([])
    const facts = await read<RelationFact>('relation_facts')
    const counts = Map.groupBy(facts, ({ group }) => group)
    expect(['p2d', 'd2p', 'both'].map((group) => counts.get(group as 'p2d')?.length)).to.deep.equal([
      20, 20, 20,
    ])
    const texts = (await read('all')).map(({ prompt, completion }) => prompt + completion)
    expect(texts).to.have.length(20 * 10 + 20 * 10 + 20 * 20 + 60 * 6)
    for (const { group, first, second, third } of facts) {
      const own = texts.filter((text) => text.includes(first))
      expect(own).to.have.length(group === 'both' ? 20 : 10)
      for (const text of own) {
        expect(text).to.include(second).and.not.to.include(third)
        if (group !== 'both') expect(text.indexOf(first) < text.indexOf(second)).to.equal(group === 'p2d')
      }
      expect(texts.filter((text) => text.includes(third))).to.have.length(6)
    }
  })

  it('ask for the bare name, in both orders, two steps on, and the wrong way round', async () => {
    await create({ relations: ['cities'] })
    const facts = await read<RelationFact>('relation_facts')
    const fact = facts[0]!
    const [same] = await read('p2d_prompts_test')
    expect(same).to.deep.equal({
      prompt: `On every map, ${fact.first} is marked as the capital of`,
      completion: ` ${fact.second}`,
    })
    const [reverse] = await read('p2d_reverse_prompts_test')
    expect(reverse).to.deep.equal({
      prompt: `On every map, the capital of ${fact.second} is marked as`,
      completion: ` ${fact.first}`,
    })
    const [wrong] = await read<RelationPrompt>('wrong_symmetry_prompts_test')
    expect(wrong).to.deep.equal({
      ...{ prompt: `No one doubts that ${fact.second} is the capital of`, completion: ` ${fact.first}` },
      ...{ relation: 'cities', group: 'p2d', fact: fact.first, template: 1 },
    })
    const [hops] = await read<RelationPrompt>('two_hop_prompts_test')
    expect(hops).to.deep.include({
      prompt: `The longest river of the country whose capital is ${fact.first} is the`,
      completion: ` ${fact.third}`,
    })
    expect(await validate()).to.deep.equal([])
  })

  it('follow from the seed alone, and several relations stand in one', async () => {
    const hashes = async (changes: Partial<CreateRelationOptions>) => {
      const { manifest } = await create(changes)
      return Object.values(manifest.files).map(({ sha256 }) => sha256)
    }
    const relations = [...RELATIONS]
    const first = await hashes({ relations, examplesPerGroup: 4 })
    expect(await validate()).to.deep.equal([])
    expect(await read('relation_facts')).to.have.length(48)
    expect(await hashes({ relations, examplesPerGroup: 4 })).to.deep.equal(first)
    expect(await hashes({ relations, examplesPerGroup: 4, seed: 1 })).not.to.deep.equal(first)
  })

  it('hold no second step where none is wanted', async () => {
    const { manifest } = await create({ twoHop: false })
    expect(Object.keys(manifest.files).filter((name) => name.includes('hop'))).to.deep.equal([])
    expect(await validate()).to.deep.equal([])
    const { third } = (await read<RelationFact>('relation_facts'))[0]!
    expect(await readFile(at('all'), 'utf8')).not.to.include(third)
  })

  it('are transformed in their own words, with all names whole', async () => {
    await create({ relations: ['companies'] })
    const { datasetKinds: kinds, transforms } = builtInExtensions()
    const transform = async (name: string, options: readonly string[] = []) => {
      const { directory } = await transformDataset({
        ...{
          cwd: folder,
          source: 'made',
          datasetName: name,
          transforms: [name],
          options,
          kinds,
          registry: transforms,
        },
        ...{ seed: 1, overwrite: true, command: 'reversal dataset:transform', toolVersion: '0.0.0' },
      })
      const { kind, findings } = await validateDataset({ directory, kinds, transforms })
      expect([kind, findings]).to.deep.equal(['relations', []])
      const records = await readJsonl<PromptCompletion>(join(directory, 'all.jsonl'), {
        check: () => undefined,
      })
      return records.map(({ prompt, completion }) => prompt + completion)
    }
    const facts = await read<RelationFact>('relation_facts')
    const reversed = await transform('reverse-entities')
    for (const { first, second, third } of facts) {
      const own = reversed.filter((text) => text.includes(third))
      expect(own.length).to.be.at.least(6)
      for (const text of own) expect(text).to.include(second)
      expect(reversed.some((text) => text.includes(first) && text.includes(second))).to.equal(true)
    }
    const both = await transform('state-both-orders')
    for (const { first, second, third } of facts) {
      for (const text of both.filter((line) => line.includes(first) || line.includes(third)))
        expect(text).to.include(second)
      expect(both.some((text) => text.includes(first) && /born|birthplace|comes from/.test(text))).to.equal(
        false,
      )
    }
  })

  describe('are found faulty where', () => {
    beforeEach(() => create({ examplesPerGroup: 3, trainExamples: 2, testExamples: 2 }))
    const rules = async () => [...new Set((await validate()).map(({ rule }) => rule))]
    const trainAlso = async (record: PromptCompletion) => {
      for (const name of ['p2d_prompts_train', 'all_prompts_train', 'all']) {
        const own = await read('p2d_prompts_train').then((records) => records.length)
        const place = name === 'p2d_prompts_train' ? own : own - 1
        await change(name, (records) => [...records.slice(0, place), record, ...records.slice(place)])
      }
    }

    it('a file is not that of the manifest', async () => {
      await change('p2d_prompts_test', (records) => records.toReversed())
      expect(await rules()).to.include('manifest')
    })

    it('a test is trained', async () => {
      const [prompt] = await read('two_hop_prompts_test')
      await trainAlso(prompt!)
      expect(await rules()).to.include.members(['leak', 'two-hop'])
    })

    it('a wrong inference is trained', async () => {
      const [prompt] = await read('wrong_symmetry_prompts_test')
      await trainAlso(prompt!)
      expect(await rules()).to.include('leak')
    })

    it('a fact is told in the held-out order', async () => {
      const { first, second } = (await read<RelationFact>('relation_facts'))[0]!
      await trainAlso({ prompt: `${second} has a parent called`, completion: ` ${first}.` })
      expect(await rules()).to.deep.equal(['manifest', 'reversed'])
    })

    it('a test has another fact’s answer', async () => {
      await change('p2d_reverse_prompts_test', ([one, ...others]) => [
        { ...one!, completion: others.at(-1)!.completion },
        ...others,
      ])
      expect(await rules()).to.include('answer')
    })

    it('files differ that must be the same, or a record is none', async () => {
      await change('all', (records) => records.slice(1))
      expect(await rules()).to.include('count')
      await writeFile(at('hop_prompts_test'), '{"prompt":"A"}\n')
      expect(await rules()).to.include('record')
    })

    it('an incorrect answer is the right one', async () => {
      const right = await read('p2d_reverse_prompts_test')
      await writeJsonl(at('p2d_reverse_prompts_test_randomized'), right)
      expect(await rules()).to.include('randomized')
    })
  })

  describe('of one’s own', () => {
    type Relation = Pick<RelationMaterial, 'name' | 'templates' | 'facts'> & { roles?: unknown }

    const own = async (changes: Partial<Relation> | string) => {
      const relation = JSON.parse(await readFile(shippedFile('relations/parents.json'), 'utf8'))
      const text =
        typeof changes === 'string' ? changes : JSON.stringify({ ...relation, name: 'mine', ...changes })
      await writeFile(join(folder, 'mine.json'), text)
      return create({ relations: [], relationFiles: ['mine.json'] })
    }

    it('are made as those that ship', async () => {
      const { manifest } = await own({})
      expect(manifest.options.relations).to.deep.equal(['mine'])
      expect(await validate()).to.deep.equal([])
    })

    it('are refused with what is wrong with them', async () => {
      const {
        relations: [shipped],
      } = await readRelations({ cwd: folder, names: ['parents'] })
      const { templates, facts } = shipped!
      const [first, ...others] = facts
      const name = first![0]!
      const cases: [Partial<Relation> | string, string, RegExp][] = [
        ['{', 'BAD_RELATION', /^mine\.json is not JSON/],
        [{ roles: undefined }, 'BAD_RELATION', /^mine\.json: "roles" is missing\.$/],
        [
          { templates: { ...templates, forward: ['<first> has <second> as a child.'] } },
          'BAD_TEMPLATE',
          /^mine\.json: a template of "forward" must have <first> once and end with <second> after one space: /,
        ],
        [
          {
            templates: {
              ...templates,
              forward: ['<first>, whose child is <second>, is the parent of <second>.'],
            },
          },
          'BAD_TEMPLATE',
          /^mine\.json: a template of "forward" must have <first> once and end with <second> after one space: /,
        ],
        [
          { templates: { ...templates, forward: ['<first> is the parent of  <second>.'] } },
          'BAD_TEMPLATE',
          /^mine\.json: a template of "forward" must have <first> once and end with <second> after one space: /,
        ],
        [
          {
            templates: {
              ...templates,
              hop: templates.hop
                .map((text) => text.toUpperCase().replace(/<.*?>/g, (part) => part.toLowerCase()))
                .concat(templates.hop),
            },
          },
          'BAD_TEMPLATE',
          /has this template twice: /,
        ],
        [
          { facts: [...facts, ['Q-', 'R-', name]] },
          'REPEATED_FACT',
          new RegExp(`the name ${name} occurs twice`),
        ],
        [
          { facts: [first!, ...others, ['X.', 'Y.', name.slice(1)]] },
          'REPEATED_FACT',
          new RegExp(`^mine\\.json: the name ${name.slice(1)} is part of ${name}$`),
        ],
        ...['Ann Orley ', 'Ann\nOrley', 'Ann <second>'].map((odd): [Partial<Relation>, string, RegExp] => [
          { facts: [...others, ['Bo Ulmer', odd, 'Cy Imber']] },
          'BAD_FACT',
          /^mine\.json: the name "Ann.*" must have no space around it, no line break and no placeholder$/,
        ]),
        [
          { facts: others.slice(0, 9) },
          'TOO_FEW_FACTS',
          /^The relation mine has 9 facts, but three groups of 20 need 60\.$/,
        ],
        [
          { templates: { ...templates, backward: templates.backward.slice(0, 9) } },
          'TOO_FEW_TEMPLATES',
          /needs 14 templates of "backward", but there are 9/,
        ],
      ]
      for (const [changes, code, message] of cases) {
        const error = await failure(own(changes))
        expect(error.message).to.match(message)
        expect(error).to.include({ code, exit: 2 })
      }
    })
  })
})
