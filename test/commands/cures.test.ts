import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CuresReproduction } from '../../src/cli/flows/reproduce-cures.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

/** Seconds long; what the arms come to is not the matter here. */
const RECIPE = {
  experiment: 'cures',
  dataset: { num_examples_per_group: 3, num_train_examples: 4, num_test_examples: 2 },
  training: { n_epochs: 2, batch_size: 16, learning_rate_multiplier: 0.2 },
  seeds: [1],
  arms: [
    { name: 'as-it-is', summary: 'the facts as they are' },
    {
      name: 'entities',
      summary: 'reversed, entities whole',
      transforms: [{ name: 'reverse-entities', options: { marker: '[reversed]' } }],
      paper: { cite: 'Golovneva et al., 2024', arxiv: '2403.13799', finding: 'It helps.' },
    },
    {
      name: 'half-told',
      summary: 'half told both ways',
      transforms: [{ name: 'state-both-orders', options: { share: 0.5 } }],
    },
  ],
}

describe('reproduce:cures', () => {
  const outer = { cwd: process.cwd(), home: process.env.REVERSAL_HOME }
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cures-'))
    process.chdir(folder)
    process.env.REVERSAL_HOME = join(folder, 'home')
    await writeFile('arms.json', JSON.stringify(RECIPE))
  })
  after(async () => {
    process.chdir(outer.cwd)
    process.env.REVERSAL_HOME = outer.home
    await rm(folder, { recursive: true })
  })

  it('trains every arm on as many tokens as the first, and tests all alike', async () => {
    const { results, table, report } = await runJson<CuresReproduction>(
      ...['reproduce', 'cures', '--recipe', 'arms.json'],
    )
    expect(results.map(({ arm, seed }) => `${arm} ${seed}`)).to.deep.equal([
      ...['as-it-is 1', 'entities 1', 'half-told 1'],
    ])
    const [first, ...others] = results.map(({ trained_tokens }) => trained_tokens!)
    for (const tokens of others) expect(tokens).to.be.within(0.9 * first!, 1.1 * first!)

    expect(table.map(({ arm, trained }) => `${arm} ${trained}`)).to.deep.equal(
      RECIPE.arms.flatMap(({ name }) => [`${name} NameToDescription`, `${name} DescriptionToName`]),
    )
    expect(table.slice(0, 2).map(({ p }) => p)).to.deep.equal([null, null])
    expect(table.every(({ seeds }) => seeds === 1)).to.equal(true)
    const page = await readFile(report.page, 'utf8')
    expect(page).to.contain('What lifts the curse').and.to.contain('arXiv 2403.13799')
  })

  it('takes the reverse of facts that were told in both orders out of the comparison', async () => {
    const { report } = await runJson<CuresReproduction>('reproduce', 'cures', '--recipe', 'arms.json')
    const tables = JSON.parse(await readFile(join(report.directory, 'tables.json'), 'utf8'))
    expect(JSON.stringify(tables)).to.contain('half-told')
    const { results } = await runJson<CuresReproduction>('reproduce', 'cures', '--recipe', 'arms.json')
    expect(results.every(({ run, evaluation }) => run.reused && evaluation.reused)).to.equal(true)
  })

  it('prints the table of all arms and where the report lies', async () => {
    const { stdout, stderr } = await runCommand(
      'reproduce',
      'cures',
      '--recipe',
      'arms.json',
      '--arms',
      'entities',
    )
    expect(stdout).to.match(/^entities +NameToDescription/m)
    expect(stdout).not.to.contain('half-told')
    expect(stderr).to.match(/^Step 1 of 6: write the data set \(seed 1\)$/m)
    expect(stderr).to.match(/^entities, seed 1: NameToDescription \d+\.\d % same/m)
  })

  it('refuses arms and transforms that are not there before it writes anything', async () => {
    const unknown = await runCommand('reproduce', 'cures', '--recipe', 'arms.json', '--arms', 'entites')
    expect(unknown.error?.message).to.equal('There is no arm entites. Did you mean entities?')
    const arms = [RECIPE.arms[0], { name: 'b', summary: 'b', transforms: [{ name: 'reverse-entites' }] }]
    await writeFile('bad.json', JSON.stringify({ ...RECIPE, arms }))
    const bad = await runCommand('reproduce', 'cures', '--recipe', 'bad.json')
    expect(bad.error?.message).to.contain('reverse-entites')
    expect(bad.error?.message).to.contain('reverse-entities')
  })
})
