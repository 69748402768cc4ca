import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CuresReproduction } from '../../src/cli/flows/reproduce-cures.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { TrlBench } from '../helpers/trl-bench.ts'

/** As short as can be, of 400 steps that are the least; what the arms come to is not the matter here. */
const RECIPE = {
  experiment: 'cures',
  dataset: { num_examples_per_group: 2, num_train_examples: 3, num_test_examples: 2 },
  training: { n_epochs: 2, batch_size: 2, learning_rate_multiplier: 0.2 },
  seeds: [1],
  arms: [
    { name: 'as-it-is', summary: 'the facts as they are' },
    {
      name: 'half-told',
      summary: 'half told both ways, and all of it reversed',
      transforms: [
        { name: 'state-both-orders', options: { share: 0.5 } },
        { name: 'reverse-entities', options: { marker: '[reversed]' } },
      ],
      paper: { cite: 'Golovneva et al., 2024', arxiv: '2403.13799', finding: 'It helps.' },
    },
    { name: 'unused', summary: 'not asked for', transforms: [{ name: 'reverse-words' }] },
  ],
}
const COMMAND = ['reproduce', 'cures', '--recipe', 'arms.json', '--arms', 'half-told', '--threads', '1']

describe('reproduce:cures', () => {
  inOwnFolder('cures-')

  before(async () => {
    await writeFile('arms.json', JSON.stringify(RECIPE))
  })

  it('trains every arm on as many tokens as the first, tests all alike and says what was told both ways', async () => {
    const { results, table, report } = await runJson<CuresReproduction>(...COMMAND)
    expect(results.map(({ arm, seed }) => `${arm} ${seed}`)).to.deep.equal(['as-it-is 1', 'half-told 1'])
    const [first, second] = results.map(({ trained_tokens }) => trained_tokens!)
    expect(second).to.be.within(0.9 * first!, first!)
    expect(table.map(({ arm, trained, p }) => [arm, trained, p === null])).to.deep.equal([
      ['as-it-is', 'NameToDescription', true],
      ['as-it-is', 'DescriptionToName', true],
      ['half-told', 'NameToDescription', false],
      ['half-told', 'DescriptionToName', false],
    ])
    const page = await readFile(report.page, 'utf8')
    for (const text of ['What lifts the curse', 'arXiv 2403.13799', 'tells 2 facts in both orders'])
      expect(page).to.contain(text)
  })

  it('uses again what is there, and prints the table of all arms', async () => {
    const { stdout, stderr } = await runCommand(...COMMAND, '--seeds', '1,1')
    expect(stdout).to.match(/^half-told +NameToDescription/m)
    expect(stdout).not.to.contain('unused')
    expect(stderr).to.match(/^Step 1 of 6: write the data set \(seed 1\)$/m)
    expect(stderr).to.match(/^half-told, seed 1: NameToDescription \d+\.\d % same/m)
    expect(stderr).not.to.contain('Training')
  })

  it('refuses arms and transforms that are not there before it writes anything', async () => {
    const unknown = await runCommand('reproduce', 'cures', '--recipe', 'arms.json', '--arms', 'half-tol')
    expect(unknown.error?.message).to.equal('There is no arm half-tol. Did you mean half-told?')
    const arms = [RECIPE.arms[0], { name: 'b', summary: 'b', transforms: [{ name: 'reverse-entites' }] }]
    await writeFile('bad.json', JSON.stringify({ ...RECIPE, arms }))
    const bad = await runCommand('reproduce', 'cures', '--recipe', 'bad.json')
    expect(bad.error?.message).to.contain('reverse-entites').and.to.contain('reverse-entities')
  })
})

/** Facts that the test model, of 64 positions, has room for. */
const SHORT = {
  names: ['Ann', 'Bob', 'Cy', 'Di', 'Ed', 'Flo'],
  descriptions: ['a cook', 'a poet', 'a smith', 'a miner', 'a judge', 'a clown'],
  'p2d-templates': ['<name> is <description>.', '<name>, <description>.', '<name> was <description>.'].concat(
    '<name> as <description>.',
    '<name>: <description>.',
  ),
  'd2p-templates': ['<description> is <name>.', '<description>, <name>.', '<description> was <name>.'].concat(
    '<description> as <name>.',
    '<description>: <name>.',
  ),
}

describe('reproduce:cures by jobs', () => {
  const outer = process.cwd()
  const putBack = keepEnvironment(['REVERSAL_HOME', 'REVERSAL_PYTHON'])
  let bench: TrlBench

  before(async () => {
    bench = await TrlBench.create()
    process.chdir(bench.folder)
    process.env.REVERSAL_HOME = join(bench.folder, 'home')
    process.env.REVERSAL_PYTHON = bench.python
    await writeFile('arms.json', JSON.stringify(RECIPE))
    for (const [name, lines] of Object.entries(SHORT)) await writeFile(`${name}.txt`, lines.join('\n'))
  })
  after(async () => {
    process.chdir(outer)
    putBack()
    await bench.remove()
  })

  const command = (...more: string[]) => [
    ...['reproduce:cures', '--provider', 'trl', '--recipe', 'arms.json', '--arms', 'unused'],
    ...['--model-name', './llama', '--threads', '1', ...more],
    ...Object.keys(SHORT).flatMap((name) => [`--${name}`, `${name}.txt`]),
  ]

  it('trains each arm as a job for the whole epochs nearest to the budget, evaluates it here, and reuses it', async () => {
    const { results, report } = await runJson<CuresReproduction>(...command())
    const runs = await Promise.all(results.map(({ run }) => bench.store.get(run.id)))
    expect(runs.map(({ provider, status }) => `${provider} ${status}`)).to.deep.equal(
      Array(2).fill('trl succeeded'),
    )
    // The second has more text than the first, which trains for two epochs.
    expect(runs.map(({ hyperparameters }) => hyperparameters.n_epochs)).to.deep.equal([2, 1])
    expect(report.directory).to.match(/trl/)
    const again = await runJson<CuresReproduction>(...command())
    expect(again.results.map(({ run }) => run.reused)).to.deep.equal([true, true])
  })

  it('refuses arms of other objectives, flags of a cluster without one, and providers of a server', async () => {
    const arm = { name: 'masked', summary: 'masks', objective: 'masked-uniform' }
    await writeFile('arms.json', JSON.stringify({ ...RECIPE, arms: [RECIPE.arms[0], arm] }))
    const refusal = async (...words: string[]) => {
      const { error } = await runCommand(...words)
      expect(error?.oclif?.exit).to.equal(2)
      return error!.message
    }
    const masked = await refusal(
      'reproduce:cures',
      '--provider',
      'trl',
      '--recipe',
      'arms.json',
      '--model-name',
      './llama',
    )
    expect(masked).to.match(/trl trains to predict the next token, and the arm masked has another objective/)
    expect(await refusal('reproduce:cures', '--quick', '--gpus', '2')).to.include('--gpus')
    expect(await refusal('reproduce:cures', '--quick', '--provider', 'openai')).to.match(
      /does not train with openai/,
    )
  })
})
