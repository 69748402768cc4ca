import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CuresReproduction } from '../../src/cli/flows/reproduce-cures.ts'
import { linkPlugin } from '../helpers/link-plugin.ts'

describe("a plugin's transform", () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugin-cures-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('is an arm of a comparison of cures', async () => {
    const { reversal } = await linkPlugin({ folder, home: join(folder, 'home'), cwd: folder })
    const recipe = {
      experiment: 'cures',
      dataset: { num_examples_per_group: 3, num_train_examples: 4, num_test_examples: 2 },
      training: { n_epochs: 2, batch_size: 16, learning_rate_multiplier: 0.2 },
      seeds: [1],
      arms: [
        { name: 'as-it-is', summary: 'the facts as they are' },
        {
          name: 'loud',
          summary: 'completions in capitals',
          transforms: [{ name: 'reversal-plugin-shout/shout', options: { marks: 1 } }],
        },
      ],
    }
    await writeFile(join(folder, 'arms.json'), JSON.stringify(recipe))
    const { status, stdout, stderr } = reversal('reproduce:cures', '--recipe', 'arms.json', '--json')
    expect(status, stderr).to.equal(0)
    const { results, table } = JSON.parse(stdout) as CuresReproduction
    expect(results.map(({ arm }) => arm)).to.deep.equal(['as-it-is', 'loud'])
    expect(table.filter(({ arm }) => arm === 'loud')).to.have.length(2)
  })
})
