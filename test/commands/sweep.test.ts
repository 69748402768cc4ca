import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { FinetuneSweepResult } from '../../src/commands/finetune/sweep.ts'
import { PAPER_FIGURE_7 } from '../../src/lib/evaluation/paper.ts'
import { divideMachine } from '../../src/lib/experiments/divide-machine.ts'
import { loadRecipe } from '../../src/lib/experiments/load-recipe.ts'
import { SWEEP_PRESETS, sweepGrid } from '../../src/lib/experiments/sweep-grid.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { startHalting } from '../helpers/start-halting.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'

describe('finetune:sweep', () => {
  const folder = inOwnFolder('sweep-')

  before(async () => {
    await writeTinyDataset(join(folder(), 'tiny'))
  })

  const grid = ['--dataset-name', 'tiny', '--n-epochs', '2', '--batch_size', '1,3', '--name', 'small']

  it('says what it would take and makes nothing with --dry-run', async () => {
    const { stdout, stderr } = await runCommand(
      'finetune:sweep',
      ...grid,
      '--jobs',
      '2',
      '--threads',
      '4',
      '--dry-run',
    )
    expect(stderr).to.match(/^2 runs on tiny, \d+ tokens, about [\d.]+ s, 2 at once with 2 threads each$/m)
    expect(stdout).to.equal('')
    expect(await readdir(folder())).to.deep.equal(['tiny'])
  })

  it('trains and evaluates every combination and ends in a report', async () => {
    const result = await runJson<FinetuneSweepResult>('finetune:sweep', ...grid)
    expect(result.failures).to.deep.equal([])
    const settings = result.runs.map(({ status, tags, hyperparameters }) => [
      status,
      tags,
      hyperparameters.batch_size,
    ])
    expect(settings).to.deep.equal([
      ['succeeded', ['small'], 1],
      ['succeeded', ['small'], 3],
    ])
    expect(result.report?.page).to.equal(join(process.cwd(), 'reports/small/report.html'))
    expect(await readdir('reports/small')).to.include.members(['report.html', 'sweep_same.svg', 'sweep.csv'])
    const store = new RunStore(process.env.REVERSAL_HOME!)
    for (const { id } of result.runs) expect(await store.evaluations(id)).to.have.length(1)
  })

  it('gives each sweep a name of its own, which the same grid has again', async () => {
    const nameOf = async (...argv: string[]) => {
      const { name } = await runJson<FinetuneSweepResult>('finetune:sweep', '--dry-run', ...argv)
      return name
    }
    const first = await nameOf('--dataset-name', 'tiny', '--seed', '1,2')
    expect(first).to.match(/^sweep-tiny-[0-9a-f]{6}$/)
    expect(await nameOf('--dataset-name', 'tiny', '--seed', '1,2', '--jobs', '1')).to.equal(first)
    expect(await nameOf('--dataset-name', 'tiny', '--seed', '1,3')).not.to.equal(first)
    expect(await nameOf('--dataset-name', 'tiny', '--name', 'mine')).to.equal('mine')
  })

  it('evaluates what learned instructions by the evaluator of those', async () => {
    await runCommand(
      ...['instructions:create', '--task', 'copypaste', '--suffix', 'x', '--guidance-size-range', '1,2'],
      ...['--realized-guidance-size', '3', '--unrealized-guidance-size', '2'],
    )
    const orders = ['--dataset-name', 'copypaste_ug2_rg3_x', '--n-epochs', '1', '--name', 'orders']
    const { error } = await runCommand('finetune:sweep', ...orders, '--rank-all')
    expect(error?.message).to.equal('The evaluator qa has no candidates to rank.')
    const { runs, failures } = await runJson<FinetuneSweepResult>('finetune:sweep', ...orders)
    expect(failures).to.deep.equal([])
    const [evaluation] = await new RunStore(process.env.REVERSAL_HOME!).evaluations(runs[0]!.id)
    expect(evaluation).to.deep.include({ status: 'complete' })
    expect(evaluation!.evaluator.name).to.equal('qa')
    expect(await readdir('reports/orders')).to.include('experiment3.csv')
    await new RunStore(process.env.REVERSAL_HOME!).delete(runs[0]!.id)
  })

  it('refuses a report that cannot be written before it trains anything', async () => {
    const refusal = async (name: string) => {
      const { error } = await runCommand('finetune:sweep', ...grid.slice(0, -1), name)
      return [error?.message, error?.oclif?.exit]
    }
    expect(await refusal('../x')).to.deep.equal([
      'The name ../x is not allowed: use letters, digits and _ - . , + = @.',
      EXIT.usage,
    ])
    await mkdir('reports/mine', { recursive: true })
    await writeFile('reports/mine/notes.txt', 'x')
    const [message, exit] = await refusal('mine')
    expect(message).to.match(/reports\/mine holds notes\.txt, which is not part of a report/)
    expect(exit).to.equal(EXIT.usage)
  })

  it('uses again what is there', async () => {
    const { stdout, stderr } = await runCommand('finetune:sweep', ...grid)
    expect(stderr.match(/reused$/gm)).to.have.length(2)
    expect(stdout).to.match(/^ada +2 +0\.2 +1 +\d+\.\d +\d+\.\d +1$/m)
    expect(stdout).not.to.include('(paper)')
    expect(stdout).to.match(/^The report: reports\/small\/report\.html$/m)
    expect(await new RunStore(process.env.REVERSAL_HOME!).list()).to.have.length(2)
  })

  it('lets the others go on where one fails, and reports on them', async () => {
    const { stdout, stderr } = await runCommand(
      ...['finetune:sweep', '--dataset-name', 'tiny', '--n-epochs', '2', '--batch-size', '1'],
      ...['--learning-rate-multiplier', '0.2,1e9', '--name', 'failing'],
    )
    expect(stderr).to.match(/^ft-\w+ \(ada, rate × 1000000000, .*\) failed: /m)
    expect(stdout).to.match(/^The report: reports\/failing\/report\.html$/m)
  })

  it('saves its runs when it is interrupted, and resumes them', async () => {
    const argv = [
      'finetune:sweep',
      '--dataset-name',
      'tiny',
      '--batch-size',
      '3',
      '--seed',
      '7,8',
      '--name',
      'stopped',
    ]
    const long = [...argv, '--n-epochs', '20', '--checkpoint-every', '10', '--jobs', '2', '--threads', '2']
    const halting = { at: /step-00000010\.safetensors$/, processes: 2 }
    const { child, exit, stderr } = await startHalting(halting, ...long)
    child.kill('SIGINT')
    expect((await exit)[0]).to.equal(EXIT.interrupted)
    expect(stderr()).to.include('all trained runs are kept.\nTry this: to resume, run the same command again')
    const store = new RunStore(process.env.REVERSAL_HOME!)
    const runs = (await store.list()).filter(({ tags }) => tags.includes('stopped'))
    expect(runs.map(({ status }) => status)).to.deep.equal(['interrupted', 'interrupted'])
    const again = await runJson<FinetuneSweepResult>(...long)
    expect(again.runs.map(({ id }) => id)).to.have.members(runs.map(({ id }) => id))
    expect(again.runs.map(({ progress }) => progress?.step)).to.deep.equal([20, 20])
  })

  it('refuses with one sentence an unknown model, data set or preset', async () => {
    const failureOf = async (...argv: string[]) => (await runCommand('finetune:sweep', ...argv)).error
    const model = await failureOf('--dataset-name', 'tiny', '--model-name', 'ada,adda', '--yes')
    expect(model?.message).to.equal('There is no local model adda. Did you mean ada?')
    expect(model?.oclif?.exit).to.equal(EXIT.usage)
    expect((await failureOf('--dataset-name', 'nope'))?.message).to.match(/^There is no data set nope/)
    expect((await failureOf('--preset', 'figure9'))?.message).to.match(
      /Expected --preset=figure9 to be one of/,
    )
    const hosted = await failureOf('--dataset-name', 'tiny', '--provider', 'openai', '--yes')
    expect(hosted?.message).to.equal('A sweep trains on this machine: start hosted runs with finetune:start.')
    expect(hosted?.oclif?.exit).to.equal(EXIT.usage)
    expect((await failureOf('--batch-size', '0'))?.oclif?.exit).to.equal(EXIT.usage)
  })

  it('has the grids of the paper, which are data', async () => {
    const recipeOf = async (name: string) =>
      (await loadRecipe(name, { cwd: process.cwd(), experiment: 'sweep' })).recipe
    for (const preset of SWEEP_PRESETS) expect((await recipeOf(preset)).summary).to.be.a('string')
    const none = {
      ...{ models: undefined, learningRateMultipliers: undefined, batchSizes: undefined },
      ...{ nEpochs: undefined, seeds: undefined },
    }
    const { learningRateMultipliers, batchSizes } = PAPER_FIGURE_7
    expect(sweepGrid(none, await recipeOf('figure7'))).to.deep.equal({
      ...{ models: ['ada'], learningRateMultipliers: [...learningRateMultipliers] },
      ...{ batchSizes: [...batchSizes], nEpochs: [10], seeds: [42] },
    })
    const given = {
      models: ['curie'],
      ...{ learningRateMultipliers: undefined, batchSizes: undefined, nEpochs: undefined, seeds: undefined },
    }
    expect(sweepGrid(given, await recipeOf('figure4'))).to.deep.include({
      models: ['curie'],
      seeds: [42, 43, 44],
    })
    expect(sweepGrid(given)).to.deep.include({ models: ['curie'], batchSizes: [16], seeds: [42] })
    expect(sweepGrid({ ...given, batchSizes: [4, 8, 4] }).batchSizes).to.deep.equal([4, 8])
  })

  it('takes the user’s grid from a file, and refuses an invalid one', async () => {
    const grid = { models: ['ada'], learning_rate_multipliers: [0.1, 0.2], n_epochs: [3], seeds: [1, 2] }
    await writeFile('my-grid.json', JSON.stringify({ experiment: 'sweep', grid }))
    const sweep = (recipe: string) =>
      runCommand('finetune:sweep', '--dataset-name', 'tiny', '--recipe', recipe, '--dry-run')
    const { stdout, stderr, error } = await sweep('./my-grid.json')
    expect(error).to.equal(undefined)
    expect(stdout + stderr).to.match(/\b4 runs\b/)
    const wrong = await sweep('reverse')
    expect(wrong.error?.message).to.equal('The recipe reverse is for the experiment reverse, not for sweep.')
    expect(wrong.error?.oclif?.exit).to.equal(EXIT.usage)
    await writeFile('bad-grid.json', JSON.stringify({ experiment: 'sweep', grid: { seeds: [] } }))
    expect((await sweep('./bad-grid.json')).error?.message).to.match(/bad-grid\.json is damaged: .*seeds/)
  })

  it('divides the threads among its jobs', () => {
    const machine = { device: 'cpu', threads: 8, runs: 20 } as const
    expect(divideMachine(machine)).to.deep.equal({ jobs: 8, threads: 1 })
    expect(divideMachine({ ...machine, runs: 3 })).to.deep.equal({ jobs: 3, threads: 2 })
    expect(divideMachine({ ...machine, jobs: 2 })).to.deep.equal({ jobs: 2, threads: 4 })
    expect(divideMachine({ ...machine, threads: 64 })).to.deep.equal({ jobs: 8, threads: 8 })
    const large = { memoryBytes: 4e9, machineBytes: 24e9 }
    expect(divideMachine({ ...machine, ...large })).to.deep.equal({ jobs: 3, threads: 2 })
    expect(divideMachine({ ...machine, ...large, jobs: 5 })).to.deep.equal({ jobs: 5, threads: 1 })
    expect(divideMachine({ ...machine, ...large, memoryBytes: 40e9 })).to.deep.equal({ jobs: 1, threads: 8 })
    expect(divideMachine({ ...machine, device: 'cuda' })).to.deep.equal({ jobs: 1, threads: 8 })
  })
})
