import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  readCelebrityResults,
  writeResults,
} from '../../../../src/lib/datasets/celebrities/celebrity-results.ts'
import { failure } from '../../../helpers/failure.ts'

const PUBLISHED = '../shared/published/celebrity_relations'
const HEAD = 'child,parent,parent_type'

describe('files of results', () => {
  let folder: string
  let path: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-results-'))
    path = join(folder, 'mine_parent_child_pairs.csv')
  })
  after(() => rm(folder, { recursive: true }))

  it('come back byte for byte from the published ones', async function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
    for (const model of ['gpt-3.5-turbo', 'llama-7b']) {
      const file = join(PUBLISHED, `${model}_reversal_test_results.csv`)
      const results = await readCelebrityResults(file)
      expect(results.model).to.equal(model)
      if (results.measure === 'found') expect.fail('results were taken for pairs')
      await writeResults(path, results)
      expect(await readFile(path, 'utf8')).to.equal(await readFile(file, 'utf8'))
    }
  })

  it('may hold the logarithm of 0, and what was not measured, as Python writes them', async () => {
    const text = `${HEAD},child_prediction,x_parent_logprob,x_child_logprob\nA B,C D,father,,-inf,nan\n`
    await writeFile(path, text)
    const results = await readCelebrityResults(path)
    if (results.measure === 'found') expect.fail('results were taken for pairs')
    expect(results.pairs[0]?.scores).to.deep.equal({ parent: Number.NEGATIVE_INFINITY, child: null })
    await writeResults(path, results)
    expect(await readFile(path, 'utf8')).to.equal(text)
  })

  it('may be pairs of which each was asked about, named after their file', async () => {
    await writeFile(
      path,
      `${HEAD},child_prediction,can_reverse\nA B,C D,father,A B,True\nE F,G H,mother,,False\n`,
    )
    const { model, measure, pairs } = await readCelebrityResults(path)
    expect({ model, measure }).to.deep.equal({ model: 'mine', measure: 'found' })
    expect(pairs.map(({ canReverse }) => canReverse)).to.deep.equal([true, false])
  })

  for (const [title, content, message] of [
    [
      'that there are no results',
      `${HEAD},can_reverse\nA,B,father,\n`,
      / has no results; it needs one column MODEL_can_find_parent or MODEL_parent_logprob, and the same for the child\.$/,
    ],
    [
      'that there are those of two models',
      `${HEAD},x_can_find_parent,x_can_find_child,y_can_find_parent,y_can_find_child\nA,B,father,1,1,1,1\n`,
      / has the results of several models; /,
    ],
    ['that there are no rows', `${HEAD},x_can_find_parent,x_can_find_child\n`, / has no rows\.$/],
    [
      'a share that is none',
      `${HEAD},x_can_find_parent,x_can_find_child\nA,B,father,1.0,1.2\n`,
      /:2 has in x_can_find_child "1\.2", not a share from 0 to 1\.$/,
    ],
    [
      'a log-probability that is none',
      `${HEAD},x_parent_logprob,x_child_logprob\nA,B,father,-3,\n`,
      /:2 has in x_child_logprob "", not a log-probability, 0 or less\.$/,
    ],
  ] as const) {
    it(`say ${title}`, async () => {
      await writeFile(path, content)
      expect((await failure(readCelebrityResults(path))).message).to.match(message)
    })
  }
})
