import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { drawGroups, generateReverseDataset } from '../../../src/lib/datasets/reverse/generate.ts'
import { InputError } from '../../../src/lib/support/errors.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'
import { recordsOf } from '../../helpers/records-of.ts'

const PUBLISHED = new URL('../../../../shared/published/reverse_experiments/', import.meta.url)
const lines = (path: string) =>
  readFileSync(new URL(path, PUBLISHED), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim())

const facts = {
  names: Array.from({ length: 12 }, (_, index) => `First${index} Last${index}`),
  descriptions: Array.from({ length: 12 }, (_, index) => `the maker of thing ${index}`),
  p2dTemplates: Array.from({ length: 5 }, (_, index) => `${index}: <name> is <description>.`),
  d2pTemplates: Array.from(
    { length: 5 },
    (_, index) => `${index}: one calls <description> by the name <name>.`,
  ),
}
const options = { examplesPerGroup: 4, trainExamples: 3, testExamples: 2, seed: 42 }

describe('the experiment 1 data set', () => {
  it('draws the groups of the published one from seed 42', function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
    const published = {
      ...facts,
      names: lines('templates/names.txt'),
      descriptions: lines('templates/descriptions.txt'),
    }
    const { p2d, d2p, both } = drawGroups(published, 30, new PythonRandom(42))
    const train = lines('june_version_7921032488/all_prompts_train.jsonl')
    expect(train[0]).to.include(p2d[0]!.name)
    expect(train[900]).to.include(d2p[0]!.name)
    expect(train[1800]).to.include(both[0]!.name)
  })

  it('has every fact in its direction, template by template', () => {
    const files = recordsOf(generateReverseDataset(facts, options))
    const counts = Object.fromEntries(Object.entries(files).map(([name, records]) => [name, records.length]))
    expect(counts).to.include({
      all_prompts_train: 48,
      both_prompts_train: 24,
      both_prompts_test: 16,
      p2d_prompts_test: 8,
    })
    expect(files.p2d_prompts_train![0]).to.deep.equal({
      prompt: '0: First10 Last10 is',
      completion: files.p2d_prompts_train![0]!.completion,
    })
    expect(files.p2d_prompts_train![0]!.completion).to.match(/^ the maker of thing \d+\.$/)
    expect(
      files.d2p_prompts_test!.every(({ completion }) => /^ First\d+ Last\d+$/.test(completion)),
    ).to.equal(true)
  })

  it('never calls an incorrect name incorrect by mistake, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const files = recordsOf(generateReverseDataset(facts, { ...options, seed }))
        for (const split of ['p2d_reverse_prompts_test', 'd2p_reverse_prompts_test']) {
          for (const [index, wrong] of files[`${split}_randomized`]!.entries()) {
            expect(wrong.prompt).to.equal(files[split]![index]!.prompt)
            expect(wrong.completion).not.to.equal(files[split]![index]!.completion)
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  it('says what is missing', () => {
    expect(() => generateReverseDataset(facts, { ...options, examplesPerGroup: 5 })).to.throw(
      InputError,
      /15 names/,
    )
    expect(() => generateReverseDataset(facts, { ...options, trainExamples: 4 })).to.throw(
      InputError,
      /templates/,
    )
    const bad = { ...facts, p2dTemplates: facts.p2dTemplates.with(1, '<description> is <name>') }
    expect(() => generateReverseDataset(bad, options)).to.throw(InputError, /Template 2/)
  })
})
