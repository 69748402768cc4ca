import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalListResult } from '../../src/commands/eval/list.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { recordTinyRun, trainTinyRun } from '../helpers/train-tiny-run.ts'

describe('eval:list', () => {
  it('shows each evaluator with its version and plugin', async () => {
    const { stdout } = await runCommand('eval:list')
    expect(stdout).to.match(/^reverse +2 +reversal +experiment 1/m)
    expect(stdout).to.include('Options of celebrities (--evaluator-option KEY=VALUE):')
    expect(stdout).to.match(/^samples +integer +10 +answers to each question$/m)
  })

  it('gives the same as JSON', async () => {
    const { evaluators, failures } = await runJson<EvalListResult>('eval:list')
    expect(failures).to.deep.equal([])
    const reverse = evaluators.find(({ name }) => name === 'reverse')
    expect(reverse).to.include({ plugin: 'reversal', version: 2 })
    expect(reverse?.splits).to.have.length(7)
    expect(reverse?.options).to.deep.equal({})
  })
})

describe('the help of eval:run', () => {
  it('names every evaluator that is built in', async () => {
    const { stdout } = await runCommand('eval:run', '--help')
    const names = builtInExtensions()
      .evaluators.list()
      .map(({ entry: { name } }) => name)
    expect(names).to.have.length(10)
    for (const name of names) expect(stdout).to.match(new RegExp(`\\b${name}\\b`))
  })
})

describe('eval:run', () => {
  const outer = process.env.REVERSAL_HOME
  let trained: string
  let home: string

  before(async () => {
    trained = await mkdtemp(join(tmpdir(), 'eval-trained-'))
    await trainTinyRun(trained, { id: 'tiny-1' })
  })
  after(() => rm(trained, { recursive: true }))

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'eval-run-'))
    process.env.REVERSAL_HOME = home
    await addRun('tiny-1', { tags: ['eval'] })
  })
  afterEach(async () => {
    process.env.REVERSAL_HOME = outer
    await rm(home, { recursive: true })
  })

  /** A run with the one trained model. */
  async function addRun(id: string, changes = {}) {
    await cp(join(trained, 'runs/tiny-1/model'), join(home, 'runs', id, 'model'), { recursive: true })
    return recordTinyRun(home, { id, ...changes })
  }

  const accuracies = ({ evaluations: [first] }: EvalRunResult) =>
    Object.fromEntries(first?.splits.map(({ split, metrics }) => [split, metrics.prefix_accuracy]) ?? [])

  it('evaluates the runs with the tag, each on its own data set, and shows the curse', async () => {
    const { stdout, error } = await runCommand('eval:run', '--tag', 'eval')
    expect(error).to.equal(undefined)
    expect(stdout).to.include('tiny-1 (local/ada:tiny-1), reverse v2 on tiny: complete\n')
    expect(stdout).to.match(/^NameToDescription, same +3 +100\.0 % +100\.0 % +−0\.\d{3}/m)
    expect(stdout).to.match(/^NameToDescription, reverse +3 +0\.0 % +0\.0 % +−\d+\.\d{3}/m)
    expect(stdout).to.match(
      /^both directions, same +6 +50\.0 % +50\.0 % +−\d+\.\d{3} +−\d+\.\d{3} +0\.0 % +both_prompts_test$/m,
    )
  })

  it('gives the summaries as JSON and leaves them beside the run', async () => {
    const result = await runJson<EvalRunResult>('eval:run', 'tiny-1')
    expect(accuracies(result)).to.include({ p2d_prompts_test: 1, d2p_prompts_test: 0 })
    const [{ id, directory, newly_scored, run_id }] = result.evaluations as [EvalRunResult['evaluations'][0]]
    expect({ run_id, newly_scored }).to.deep.equal({ run_id: 'tiny-1', newly_scored: 24 })
    expect(directory).to.equal(join(home, 'runs/tiny-1/evaluations', id))
    expect(await readdir(directory)).to.have.members(['samples.jsonl', 'summary.json'])
  })

  it('advises to train longer only where the model was asked about what it was trained on', async () => {
    const other = join(home, 'other')
    await writeTinyDataset(other)
    const asked = join(other, 'd2p_prompts_test.jsonl')
    await writeFile(asked, (await readFile(asked, 'utf8')).replaceAll('"prompt":"', '"prompt":"Now '))
    const [own] = (await runJson<EvalRunResult>('eval:run', 'tiny-1')).evaluations
    const [elsewhere] = (await runJson<EvalRunResult>('eval:run', 'tiny-1', '--dataset-name', other))
      .evaluations
    for (const { learned } of [own!, elsewhere!])
      expect(learned!.some((direction) => !direction.learned)).to.equal(true)
    expect(own!.proposed_epochs).to.be.above(1)
    expect(elsewhere!.proposed_epochs).to.equal(undefined)
  })

  it('repeats a complete evaluation only when asked to', async () => {
    await runJson('eval:run')
    const { stdout } = await runCommand('eval:run')
    expect(stdout).to.include('already complete; --no-resume scores it again')
    const again = await runJson<EvalRunResult>('eval:run', '--no-resume')
    expect(again.evaluations[0]).to.include({ newly_scored: 24, status: 'complete' })
  })

  it('goes on after --limit', async () => {
    const { stdout } = await runCommand('eval:run', '--limit', '10')
    expect(stdout).to.include('10 of 24 prompts scored; the same command continues')
    expect(stdout).to.match(/^Not complete: the numbers below cover only 10 of 24 prompts/m)
    expect((await runCommand('runs:show', 'tiny-1')).stdout).to.match(
      /^Not complete: the numbers below cover only/m,
    )
    const rest = await runJson<EvalRunResult>('eval:run')
    expect(rest.evaluations[0]).to.include({ newly_scored: 14, status: 'complete' })
    expect((await runCommand('runs:show', 'tiny-1')).stdout).to.not.include('Not complete')
  })

  it('counts the answers that it scored again by the rules of today', async () => {
    const { evaluations } = await runJson<EvalRunResult>('eval:run')
    const journal = join(evaluations[0]!.directory, 'samples.jsonl')
    const lines = await readFile(journal, 'utf8')
    await writeFile(journal, lines.replaceAll('"prefix_match":1', '"prefix_match":0'))
    const again = await runJson<EvalRunResult>('eval:run')
    const { splits, rescored, newly_scored } = again.evaluations[0]!
    expect(splits).to.deep.equal(evaluations[0]!.splits)
    expect({ rescored, newly_scored }).to.deep.equal({
      rescored: lines.split('"prefix_match":1').length - 1,
      newly_scored: 0,
    })
  })

  it('ranks the right name among all with --rank-all, and shows the reversal gap', async () => {
    const { stdout } = await runCommand('eval:run', '--rank-all')
    expect(stdout).to.include('The right name among all names:\n')
    expect(stdout).to.match(/^split +prompts +rank +reciprocal rank +win rate +peer win rate +file$/m)
    expect(stdout).to.match(/^NameToDescription, reverse +3( +\d\.\d{3}){4} +p2d_reverse_prompts_test$/m)
    expect(stdout).to.include(
      'Reversal gap, NameToDescription, same minus reverse: 100.0 points over 3 facts\n',
    )
  })

  it('takes the original’s spelling of its flags', async () => {
    const { evaluations } = await runJson<EvalRunResult>(
      ...['eval:run', '--model_id', 'local/ada:tiny-1', '--max_samples', '2', '--max_tokens', '1'],
      ...['--split', 'p2d_prompts_test', '--split', 'd2p_prompts_test'],
    )
    expect(evaluations[0]?.arguments).to.deep.equal({
      splits: ['p2d_prompts_test', 'd2p_prompts_test'],
      max_samples: 2,
      max_tokens: 1,
    })
    expect(evaluations[0]?.splits.map(({ metrics }) => metrics.prefix_accuracy)).to.deep.equal([0, 0])
  })

  it('evaluates a model’s folder on a given data set', async () => {
    const model = join(home, 'runs/tiny-1/model')
    const dataset = join(home, 'tiny')
    const result = await runJson<EvalRunResult>('eval:run', '--model-id', model, '--dataset', dataset)
    expect(accuracies(result)).to.include({ p2d_prompts_test: 1 })
    expect(result.evaluations[0]?.run_id).to.equal(null)
    expect(result.evaluations[0]?.directory).to.match(/evaluations\/reverse-[0-9a-f]{12}$/)
  })

  it('lets the other runs go on where one fails', async () => {
    await recordTinyRun(home, { id: 'broken-1', tags: ['eval'] })
    await recordTinyRun(home, { id: 'busy-1', tags: ['eval'], status: 'running' })
    await addRun('tiny-2', { tags: ['eval'] })
    await addRun('tiny-3')
    const { evaluations, failures } = await runJson<EvalRunResult>('eval:run')
    expect(evaluations.map(({ run_id }) => run_id)).to.have.members(['tiny-1', 'tiny-2'])
    expect(failures).to.have.deep.members([
      { model: 'broken-1', message: `There is no model in ${join(home, 'runs/broken-1/model')}.` },
      { model: 'busy-1', message: 'The run busy-1 is running: only succeeded runs can be evaluated.' },
    ])
    const { stderr } = await runCommand('eval:run')
    expect(stderr).to.include('broken-1 failed: There is no model')
  })

  describe('refuses with one sentence and exit 2', () => {
    async function failureOf(...argv: string[]) {
      const { error } = await runCommand('eval:run', ...argv)
      return { message: error?.message, exit: error?.oclif?.exit }
    }

    it('an unknown evaluator, with the nearest one', async () => {
      expect(await failureOf('--evaluator', 'revers')).to.deep.equal({
        message: 'There is no evaluator revers. Did you mean reverse?',
        exit: EXIT.usage,
      })
    })

    it('a flag that does not exist, with the nearest one', async () => {
      const { error } = await runCommand('eval:run', '--tagg', 'paper', '--data_set_name', 'first')
      expect(error?.message.split('\n')[0]).to.equal(
        'Nonexistent flags: --tagg, --data_set_name. Did you mean --tag and --dataset-name?',
      )
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
    })

    it('a tag that no run has, saying how to tag', async () => {
      const { error } = await runCommand('eval:run', '--tag', 'paper')
      expect(error?.message).to.match(/^No run has the tag paper\. The runs here have the tags? /)
      const { suggestions } = error as { suggestions?: string[] }
      expect(suggestions?.[0]).to.match(/^use an existing tag: --tag \w+$/)
      expect(suggestions?.[1]).to.equal('tag one: reversal runs:tag RUN_ID paper')
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
    })

    it('a tag of two words, quoted in what to type', async () => {
      const { error } = await runCommand('eval:run', '--tag', 'first try')
      const { suggestions } = error as { suggestions?: string[] }
      expect(suggestions).to.include("tag one: reversal runs:tag RUN_ID 'first try'")
    })

    it('an unknown run', async () => {
      const { message, exit } = await failureOf('nope')
      expect(message).to.match(/nope/)
      expect(exit).to.equal(EXIT.usage)
    })

    it('a split that the evaluator does not have', async () => {
      const { message, exit } = await failureOf('--split', 'd2p')
      expect(message).to.match(/^The evaluator reverse has no split d2p\./)
      expect(exit).to.equal(EXIT.usage)
    })

    it('a data set that is not there, and a run that names none', async () => {
      expect((await failureOf('--dataset-name', 'nowhere')).message).to.match(/^There is no data set nowhere/)
      await addRun('bare', { dataset: { name: 'x', training_file: '/x.jsonl' } })
      expect((await failureOf('bare')).message).to.equal(
        'There is no data set to evaluate bare on: use --dataset-name NAME.',
      )
    })

    it('a data set with a missing file', async () => {
      await rm(join(home, 'tiny/d2p_prompts_test.jsonl'))
      const { message, exit } = await failureOf()
      expect(message).to.match(/^There is no file .*d2p_prompts_test\.jsonl\.$/)
      expect(exit).to.equal(EXIT.usage)
    })
  })
})
