import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { ReproduceResult } from '../../src/cli/flows/reproduction.ts'
import { loadRecipe } from '../../src/lib/experiments/load-recipe.ts'
import type { ReproduceInstructionsResult } from '../../src/lib/experiments/reproduce-instructions.ts'
import type { ReproduceReverseResult } from '../../src/lib/experiments/reproduce-reverse.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

describe('reproduce', () => {
  const folder = inOwnFolder('reproduce-')

  it('goes from facts to Table 1, and shows the curse', async () => {
    const result = await runJson<ReproduceResult & ReproduceReverseResult>('reproduce', '--quick')
    expect(result).to.include({ experiment: 'reverse', model: 'local/ada', seed: 42 })
    const { NameToDescription, DescriptionToName } = result.table1
    expect(DescriptionToName.same).to.be.above(0.5)
    expect(NameToDescription.reverse).to.be.below(0.2)
    expect(DescriptionToName.reverse).to.be.below(0.2)
    expect(result.prompts.DescriptionToName).to.deep.equal({ same: 30, reverse: 30 })
    expect(result.logprobs.correct).to.be.below(0)
    expect(result.duration_s).to.be.above(0)
    expect(result.results).to.have.length(1)
    expect(result.report.page).to.equal(join(process.cwd(), 'reports/reproduce-reverse-quick/report.html'))
    expect(result.report.findings).to.have.length(4)
    expect([result.dataset.reused, result.run.reused, result.evaluation.reused]).to.deep.equal([
      false,
      false,
      false,
    ])
  })

  it('reuses existing results and says so', async () => {
    const { stdout, stderr } = await runCommand('reproduce', '--quick')
    expect(stdout).to.match(/^Table 1: right completions of held-out prompts, local\/ada, seed 42$/m)
    expect(stdout).to.match(/^trained +same +reverse +prompts +paper: same +reverse$/m)
    expect(stdout).to.match(/^NameToDescription +\d+\.\d % +\d+\.\d % +30 +50\.0 % +0\.0 %$/m)
    expect(stdout).to.match(/^DescriptionToName +\d+\.\d % +\d+\.\d % +30 +96\.7 % +0\.1 %$/m)
    expect(stdout).to.match(
      /^Mean log-probability of names on reverse prompts: −\d+\.\d\d correct, −\d+\.\d\d incorrect\.$/m,
    )
    expect(stdout.match(/\(reused; --fresh makes a new one\)/g)).to.have.length(3)
    expect(stderr.match(/^Step \d of 4: .*$/gm)).to.deep.equal([
      ...['Step 1 of 4: write the data set', 'Step 2 of 4: train'],
      ...['Step 3 of 4: evaluate', 'Step 4 of 4: write the report'],
    ])
    expect(stdout).to.match(/^The report: reports\/reproduce-reverse-quick\/report\.html$/m)
    expect(await readdir('reports/reproduce-reverse-quick')).to.include.members([
      'table1.svg',
      'figure4_same.csv',
    ])
  })

  it('names a flag that does not exist rather than its value', async () => {
    expect((await runCommand('reproduce', '--quick', '--n-epoch', '5')).error?.message).to.equal(
      'Nonexistent flag: --n-epoch\nSee more help with --help',
    )
    expect((await runCommand('reproduce', '--sed', '5', '--no-quick')).error?.message).to.equal(
      'Nonexistent flags: --sed, --no-quick. Did you mean --seed and --quick?\nSee more help with --help',
    )
    expect((await runCommand('reproduce', '--seed', '5', 'poetry')).error?.message).to.match(
      /^Expected poetry/,
    )
  })

  it('takes several seeds, which have one seed’s place, and each once', async () => {
    const { results, seed } = await runJson<ReproduceResult>('reproduce', '--quick', '--seeds', '42,42')
    expect(results.map((result) => result.seed)).to.deep.equal([42])
    expect(seed).to.equal(42)
    expect((await runCommand('reproduce', '--quick', '--seeds', '1,-1')).error?.message).to.equal(
      'Expected --seeds=-1 to be an integer of at least 0.',
    )
    const { error } = await runCommand('reproduce', '--quick', '--seeds', '1,2', '--seed', '3')
    expect(error?.message).to.match(/--seed=3 cannot also be provided when using --seeds/)
  })

  it('runs experiment 3 in both orders, and shows the curse in the likelihood of the answers', async () => {
    const recipe = await loadRecipe('instructions-quick', { cwd: folder(), experiment: 'instructions' })
    // Too few pairs to answer right from guidance alone, as those of --quick do: reproduce-instructions.full.ts.
    const dataset = { ...recipe.recipe.dataset, realized_guidance_size: 12, unrealized_guidance_size: 6 }
    await writeFile('few.json', JSON.stringify({ ...recipe.recipe, dataset }))
    const argv = ['--recipe', './few.json']
    const result = await runJson<ReproduceInstructionsResult>('reproduce', 'instructions', ...argv)
    expect(result).to.include({ experiment: 'instructions', model: 'local/ada', seed: 42 })
    expect(result.prompts).to.deep.equal({ realized: 12, unrealized: 6 })
    expect(result.realized.same).to.be.above(0.8)
    expect(result.unrealized.reverse).to.equal(0)
    expect(result.logprobs.same! - result.logprobs.reverse!).to.be.above(2)
    const { stdout, stderr } = await runCommand('reproduce:instructions', ...argv)
    expect(stderr).to.match(/^Step 5 of 7: train \(reverse order\)$/m)
    expect(stdout).to.match(/^Experiment 3: right answers to questions, local\/ada, seed 42$/m)
    expect(stdout).to.match(/^guidance alone +\d+\.\d % +\d+\.\d % +6 +> 80 % +< 7 %$/m)
    expect(stdout.match(/\(reused; --fresh makes a new one\)/g)).to.have.length(6)
  })

  it('takes the user’s facts, as many as there are, and writes a separate report', async () => {
    const nine = (text: string) =>
      `${Array.from({ length: 9 }, (_, index) => `${text} ${index}`).join('\n')}\n`
    await writeFile('names.txt', nine('José Núñez'))
    await writeFile('descriptions.txt', nine('the maker of lamp'))
    const facts = ['--names', 'names.txt', '--descriptions', 'descriptions.txt']
    const { stderr, error } = await runCommand('reproduce', '--quick', ...facts)
    expect(error).to.equal(undefined)
    expect(stderr).to.include(
      'Your facts are enough for three groups of 3, with 30 templates to train on and 5 to test on.',
    )
    const own = await runJson<ReproduceResult & ReproduceReverseResult>(
      'reproduce:reverse',
      '--quick',
      ...facts,
    )
    expect(own.prompts.DescriptionToName).to.deep.equal({ same: 15, reverse: 15 })
    expect(own.run.reused).to.equal(true)
    expect(own.report.directory).to.match(/reports\/reproduce-reverse-quick-own-[0-9a-f]{6}$/)

    const { name } = own.dataset
    const again = await runJson<ReproduceReverseResult>('reproduce', '--quick', '--dataset-name', name)
    expect(again.dataset).to.deep.equal({ ...own.dataset, reused: true })
    expect(again.run).to.deep.equal(own.run)
    expect(again.table1).to.deep.equal(own.table1)

    const many = await runCommand('reproduce', '--quick', ...facts, '--num_examples_per_group', '5')
    expect(many.error?.message).to.include('Three groups of 5 facts need 15 names, but there are 9.')
    const both = await runCommand('reproduce', '--dataset-name', name, '--names', 'names.txt')
    expect(both.error?.oclif?.exit).to.equal(EXIT.usage)
  })

  it('keeps what it made when it is interrupted, and names the same command', async () => {
    const child = spawn(process.execPath, [CLI, 'reproduce', '--quick', '--seed', '7'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [errors, exit] = [text(child.stderr), once(child, 'exit')]
    const store = new RunStore(process.env.REVERSAL_HOME!)
    const ofSeed = async () => (await store.list()).find(({ hyperparameters }) => hyperparameters.seed === 7)
    await eventually('the start of the training', async () => (await ofSeed())?.status === 'running')
    child.kill('SIGINT')
    expect((await exit)[0]).to.equal(EXIT.interrupted)
    expect(await errors).to.include(
      'all results so far are kept.\nTry this: to resume, run the same command again',
    )
    expect((await ofSeed())?.status).to.equal('interrupted')
  })

  it('refuses invalid settings before it writes anything', async () => {
    await runCommand(
      ...['instructions:create', '--suffix', 'x', '--guidance-size-range', '1,2'],
      ...['--realized-guidance-size', '3', '--unrealized-guidance-size', '2'],
    )
    const before = await readdir(folder(), { recursive: true })
    const messageOf = async (...argv: string[]) => {
      const { error } = await runCommand(...argv)
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
      return error?.message
    }
    expect(await messageOf('reproduce', '--model-name', 'adda')).to.equal(
      'There is no local model adda. Did you mean ada?',
    )
    expect(await messageOf('reproduce', '--recipe', 'instructions')).to.equal(
      'The recipe instructions is for the experiment instructions, not for reverse.',
    )
    expect(await messageOf('reproduce', '--dataset-name', 'copypaste_ug2_rg3_x')).to.match(
      /copypaste_ug2_rg3_x is not a data set of experiment 1\.$/,
    )
    expect(await messageOf('reproduce', '--quick', 'celebrities')).to.equal(
      'Put the experiment before its flags: reversal reproduce celebrities.',
    )
    expect(await messageOf('reproduce', 'poetry')).to.match(/Expected poetry to be one of: reverse/)
    expect(await messageOf('reproduce', 'instructions', '--names', 'names.txt')).to.match(/--names/)
    expect(await readdir(folder(), { recursive: true })).to.have.members(before)
  })
})
