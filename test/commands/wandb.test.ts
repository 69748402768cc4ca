import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters, styleText } from 'node:util'
import { expect } from 'chai'
import type { RecordedDataset } from '../../src/cli/flows/record-dataset.ts'
import { renderRuns } from '../../src/cli/text/runs.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { RunsListResult } from '../../src/commands/runs/list.ts'
import type { RunsSetResult } from '../../src/commands/runs/set.ts'
import type { RunsSyncResult } from '../../src/commands/runs/sync.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { FAKE_KEY } from '../helpers/fake-wandb/server.ts'
import { runCommand } from '../helpers/run-command.ts'
import { FORWARD, writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'
import { WandbBench } from '../helpers/wandb-bench.ts'

const PLACE = ['--wandb-entity', 'ada', '--wandb-project', 'reversal']

describe('Weights & Biases from the command line', () => {
  const outer = { ...process.env }
  const outerDirectory = process.cwd()
  let bench: WandbBench
  /** All that commands have printed and said in a test. */
  let printed: string

  /** Holds a trained model. */
  let model: string

  before(async () => {
    model = await mkdtemp(join(tmpdir(), 'wandb-model-'))
    await trainTinyRun(model, { id: 'tiny-1' })
  })
  after(() => rm(model, { recursive: true }))

  beforeEach(async () => {
    bench = await WandbBench.open()
    printed = ''
    process.chdir(bench.home)
    Object.assign(process.env, {
      HOME: bench.home,
      REVERSAL_HOME: bench.home,
      WANDB_BASE_URL: bench.fake.url,
      WANDB_API_KEY: FAKE_KEY,
    })
  })
  afterEach(async () => {
    process.chdir(outerDirectory)
    for (const name of ['WANDB_BASE_URL', 'WANDB_API_KEY', 'WANDB_PROJECT', 'NO_WANDB', 'NETRC']) {
      delete process.env[name]
    }
    Object.assign(process.env, { HOME: outer.HOME, REVERSAL_HOME: outer.REVERSAL_HOME })
    expect(printed).to.not.include(FAKE_KEY)
    expect(await filesWith(bench.home, FAKE_KEY)).to.deep.equal([])
    await bench.close()
    expect(bench.fake.violations).to.deep.equal([])
  })

  /** Run a command and remember what it printed. */
  async function cli(...argv: string[]) {
    const { stdout, stderr, error } = await runCommand(...argv)
    printed += `${stdout}${stderr}${error?.stack ?? ''}${JSON.stringify(error ?? '')}`
    return { stdout, stderr, message: error?.message, exit: error?.oclif?.exit, error }
  }

  async function json<T>(...argv: string[]): Promise<T> {
    const { stdout, error } = await cli(...argv, '--json')
    if (error) throw error
    return JSON.parse(stdout) as T
  }

  /** Record a run with the one model that the tests share. */
  async function trained(id: string, changes: Partial<RunRecord> = {}) {
    await cp(join(model, 'runs/tiny-1/model'), join(bench.home, 'runs', id, 'model'), { recursive: true })
    await bench.record({ id, created_at: recent, ...changes })
  }

  const recent = new Date(Date.now() - 3_600_000).toISOString()
  const record = async (id: string, changes: Partial<RunRecord> = {}) => {
    await bench.record({ id, created_at: recent, ...changes })
    await bench.train(id, 1, 3)
  }

  it('goes the original’s way: list, sync as suggested, tag on the page, evaluate by tag', async () => {
    await trained('tiny-1')
    await bench.train('tiny-1', 1, 3)

    const listed = await cli('runs:list', '--all', ...PLACE, '--sync-suggestions')
    expect(listed.stdout).to.match(/^tiny-1 .* not synced$/m)
    const [suggestion = ''] = listed.stdout.split('\n').filter((line) => line.startsWith('reversal '))
    expect(suggestion).to.equal('reversal runs:sync tiny-1 --wandb-entity ada --wandb-project reversal')
    const synced = await cli(...suggestion.split(' ').slice(1))
    expect(synced.stdout).to.equal(
      `tiny-1 made with 3 rows and 2 files: ${bench.fake.url}/ada/reversal/runs/tiny-1\n`,
    )
    expect((await cli('runs:list', '--all', ...PLACE)).stdout).to.match(/^tiny-1 .* synced, not evaluated$/m)

    bench.fake.run('tiny-1').tags.push('eval')
    const evaluated = await cli('eval:run', '--tag', 'eval', ...PLACE)
    expect(evaluated.error).to.equal(undefined)
    expect(evaluated.stdout).to.include('tiny-1 brought up to date with 1 row and 8 files: ')
    const [summary] = await bench.store.evaluations('tiny-1')
    for (const { split, samples, metrics } of summary?.splits ?? []) {
      expect(bench.summary('tiny-1')).to.include({
        [`${split}_accuracy`]: metrics.prefix_accuracy,
        [`${split}_mean_log_probs`]: metrics.mean_logprob,
      })
      const { columns, data } = bench.table('tiny-1', split)
      expect(data).to.have.length(samples)
      const matched = data.filter((row) => row[columns.indexOf('matched_')] === true)
      expect(matched.length / samples).to.equal(metrics.prefix_accuracy)
    }
    expect(summary?.splits).to.have.length(7)
    expect(bench.table('tiny-1', 'train').data).to.have.length(3)
    expect((await cli('runs:list', '--all', ...PLACE)).stdout).to.match(/^tiny-1 .* evaluated$/m)
  })

  describe('runs:list', () => {
    it('gives states and suggestions as JSON and CSV', async () => {
      await record('ft-1')
      await record('ft-2')
      await cli('runs:sync', 'ft-1', ...PLACE)
      const { runs, sync_suggestions } = await json<RunsListResult>(
        'runs:list',
        '--all',
        ...PLACE,
        '--sync-suggestions',
      )
      expect(Object.fromEntries(runs.map(({ id, wandb }) => [id, wandb]))).to.deep.equal({
        'ft-1': { synced: true, evaluated: false },
        'ft-2': { synced: false, evaluated: false },
      })
      expect(sync_suggestions).to.deep.equal([
        'reversal runs:sync ft-2 --wandb-entity ada --wandb-project reversal',
      ])
      const { stdout } = await cli('runs:list', '--all', ...PLACE, '--csv')
      expect(stdout.split('\n')[0]).to.match(
        /best_accuracy,same_accuracy,reverse_accuracy,wandb_synced,wandb_evaluated$/,
      )
    })

    it('colours: not synced magenta, not evaluated green, running blue', async () => {
      const run = {
        ...(await bench.record({ id: 'ft-1' })),
        shown_model: 'm',
        best_accuracy: 0.5,
        same_accuracy: 0.5,
        reverse_accuracy: 0,
      }
      const runs = [
        { ...run, wandb: { synced: false, evaluated: false } },
        { ...run, wandb: { synced: true, evaluated: false } },
        { ...run, wandb: { synced: true, evaluated: true } },
        { ...run, wandb: { synced: false, evaluated: false }, status: 'running' as const },
      ]
      const paint = (colour: 'magenta' | 'green' | 'blue') =>
        styleText(colour, 'x', { validateStream: false }).split('x')[0]!
      const before = process.env.NO_COLOR
      delete process.env.NO_COLOR
      process.env.FORCE_COLOR = '1'
      const [, ...rows] = renderRuns({ runs, older: 0 }, { now: new Date() }).split('\n')
      delete process.env.FORCE_COLOR
      process.env.NO_COLOR = before
      expect(rows.map((row) => row.slice(0, 5).replaceAll('\u001b', '␛'))).to.deep.equal(
        [paint('magenta'), paint('green'), 'ft-1 ', paint('blue')].map((start) =>
          start.replaceAll('\u001b', '␛'),
        ),
      )
      expect(stripVTControlCharacters(rows[2]!)).to.match(/ evaluated$/)
    })

    it('shows what was sent, where W&B cannot be reached or has no such project', async () => {
      await record('ft-1')
      await cli('runs:sync', 'ft-1', ...PLACE)
      bench.fake.faults.plan({ on: 'any', fault: { status: 429, headers: { 'ratelimit-reset': '900' } } })
      const away = await cli('runs:list', '--all', ...PLACE)
      expect(away.stderr).to.match(/^Warning: 127\.0\.0\.1:\d+ asks for a pause of 900 s\.$/m)
      expect(away.stdout).to.match(/synced, not evaluated$/m)
      const typo = await cli('runs:list', '--wandb-project', 'typo')
      expect(typo.stderr).to.include('Warning: There is no project ada/typo on Weights & Biases.')
      expect(typo.stdout).to.match(/ not synced$/m)
    })
  })

  describe('runs:sync', () => {
    it('syncs all, or those named, and lets the others go on where one fails', async () => {
      await record('ft-1')
      await record('ft-2')
      await cli('runs:sync', 'ft-1', ...PLACE)
      bench.fake.database.delete(bench.fake.run('ft-1'))
      const { runs, failures } = await json<RunsSyncResult>('runs:sync', '--all', ...PLACE)
      expect(runs.map(({ name }) => name)).to.deep.equal(['ft-2'])
      expect(failures.map(({ run }) => run)).to.deep.equal(['ft-1'])
      expect(failures[0]?.message).to.match(/^The run ft-1 was deleted/)
      const { stdout, stderr } = await cli('runs:sync', 'ft-1', 'ft-2', ...PLACE)
      expect(stdout).to.match(/^ft-2 was up to date: /)
      expect(stderr).to.include('ft-1 failed: The run ft-1 was deleted')
    })

    it('keeps what cannot be sent, tries no further, and sends all with the next call', async () => {
      await record('ft-1')
      await record('ft-2')
      bench.fake.faults.plan({ on: 'any', fault: { status: 503, headers: { 'retry-after': '900' } } })
      const { stderr } = await cli('runs:sync', 'ft-1', 'ft-2', ...PLACE)
      expect(stderr.match(/failed: .* asks for a pause of 900 s/g)).to.have.length(2)
      expect(bench.fake.takeRequests()).to.have.length(1)
      const { stdout } = await cli('runs:sync')
      expect(stdout)
        .to.match(/^ft-1 made with 3 rows/m)
        .and.match(/^ft-2 made with 3 rows/m)
      expect((await cli('runs:sync')).stdout).to.equal(
        `There is nothing left to send to ${bench.fake.url}.\n`,
      )
    })

    it('says so where there is nothing to sync', async () => {
      expect((await cli('runs:sync', '--all', ...PLACE)).stdout).to.equal('There are no runs to sync.\n')
    })
  })

  describe('eval:run', () => {
    it('evaluates runs tagged here and there, says which cannot be, and goes on', async () => {
      await trained('tiny-1', { tags: ['eval'] })
      const there = (name: string, config: object) => {
        const run = bench.fake.database.add('ada', 'reversal', name)
        run.tags.push('eval')
        run.state = 'finished'
        const wrapped = Object.entries(config).map(([key, value]) => [key, { value }])
        run.config = JSON.stringify(Object.fromEntries(wrapped))
      }
      there('no-model', { model: 'ada' })
      there('no-data', { fine_tuned_model: 'ft:far', training_files: { filename: 'data/far/all.jsonl' } })
      there('alias', { fine_tuned_model: 'local/ada:tiny-1' })
      const { evaluations, failures } = await json<EvalRunResult>('eval:run', ...PLACE, '--max-samples', '1')
      expect(evaluations.map(({ run_id }) => run_id)).to.deep.equal(['tiny-1', 'alias'])
      expect(evaluations.map(({ wandb }) => wandb?.changed)).to.deep.equal([true, true])
      expect(failures).to.deep.equal([
        {
          model: 'no-model',
          message: 'The run no-model on Weights & Biases has no fine_tuned_model in its config.',
        },
        {
          model: 'no-data',
          message:
            'The data set of no-data, data/far/all.jsonl, is not on this machine: use --dataset-name NAME.',
        },
      ])
      expect(bench.summary('alias')).to.have.property('p2d_prompts_test_accuracy', 1)
      expect(bench.fake.run('alias').state).to.equal('finished')
    })

    it('finds the data set of a run by the path or the name in its config', async () => {
      const run = bench.fake.database.add('ada', 'reversal', 'far')
      run.tags.push('paper')
      const config = (training_files: unknown) =>
        JSON.stringify({
          fine_tuned_model: { value: 'local/far' },
          training_files: { value: training_files },
        })
      await mkdir('data/reverse_experiments', { recursive: true })
      await bench.record({ id: 'x' })
      const directory = join(bench.home, 'tiny')
      for (const files of [
        { filename: 'tiny/all.jsonl' },
        [{ filename: join(directory, 'all.jsonl') }],
        'tiny/x',
      ]) {
        run.config = config(files)
        const { message } = await cli('eval:run', '--tag', 'paper', ...PLACE)
        expect(message).to.equal('The model local/far is not on this machine.')
      }
    })

    describe('on hosted models that only W&B knows of', () => {
      const TUNED = 'ft:gpt-4.1-mini-2025-04-14:lab::1'
      const facts = new Map(FORWARD)
      let openai: FakeOpenAI

      beforeEach(async () => {
        await writeTinyDataset(join(bench.home, 'tiny'))
        const language = { answer: (prompt: string) => facts.get(prompt) ?? ' Nobody.' }
        openai = await FakeOpenAI.start({ models: { [TUNED]: null }, language, apiKey: 'sk-test' })
        Object.assign(process.env, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: openai.url })
        const run = bench.fake.database.add('ada', 'reversal', 'ftjob-1')
        run.tags.push('eval')
        run.state = 'finished'
        const config = { fine_tuned_model: TUNED, training_files: { filename: 'tiny/all.jsonl' } }
        run.config = JSON.stringify(
          Object.fromEntries(Object.entries(config).map(([key, value]) => [key, { value }])),
        )
      })
      afterEach(async () => {
        for (const name of ['OPENAI_API_KEY', 'OPENAI_BASE_URL']) delete process.env[name]
        await openai.stop()
      })

      it('asks the model and writes the result to the run', async () => {
        const { error } = await cli('eval:run', '--tag', 'eval', ...PLACE)
        expect(error).to.equal(undefined)
        expect(bench.summary('ftjob-1')).to.include({
          p2d_prompts_test_accuracy: 1,
          p2d_reverse_prompts_test_accuracy: 0,
        })
        expect(bench.summary('ftjob-1')).to.not.have.property('p2d_prompts_test_mean_log_probs')
        expect(bench.table('ftjob-1', 'p2d_prompts_test').data[0]?.slice(2, 4)).to.deep.equal([true, null])
      })

      it('collects the results of batches, and writes them', async () => {
        await cli('eval:run', '--tag', 'eval', '--detach', ...PLACE)
        expect(bench.fake.run('ftjob-1').history).to.have.length(0)
        const { error } = await cli('eval:collect', '--follow', ...PLACE)
        expect(error).to.equal(undefined)
        expect(bench.summary('ftjob-1')).to.include({ p2d_prompts_test_accuracy: 1 })
      })
    })

    it('counts the tags here alone where W&B cannot be reached, and keeps the result for later', async () => {
      await trained('tiny-1', { tags: ['eval'] })
      bench.fake.faults.plan({
        on: 'any',
        times: 2,
        fault: { status: 503, headers: { 'retry-after': '900' } },
      })
      const { stderr, error } = await cli('eval:run', ...PLACE, '--max-samples', '1')
      expect(error).to.equal(undefined)
      expect(stderr.match(/^Warning: .* pause of 900 s\./gm)).to.have.length(2)
      expect(stderr).to.include('(nothing is lost; send it later: reversal runs:sync)')
      await cli('runs:sync')
      expect(bench.summary('tiny-1')).to.have.property('p2d_prompts_test_accuracy', 1)
    })

    it('fails where the result cannot be written, after showing it', async () => {
      await trained('tiny-1')
      const far = ['--wandb-entity', 'nobody', '--wandb-project', 'x']
      const { stdout, message, exit } = await cli('eval:run', 'tiny-1', ...far, '--max-samples', '1')
      expect(stdout).to.include('tiny-1 (local/ada:tiny-1), reverse v2 on tiny: complete')
      expect(message).to.match(/entity nobody not found/)
      expect(exit).to.equal(2)
    })
  })

  describe('runs:tag and runs:untag', () => {
    it('change tags here and there', async () => {
      await record('ft-1')
      const { stdout } = await cli('runs:tag', 'ft-1', 'eval,paper', ...PLACE)
      expect(stdout).to.include('ft-1 has the tags eval, paper.\nOn Weights & Biases: ')
      expect(bench.fake.run('ft-1').tags).to.deep.equal(['eval', 'paper'])
      await cli('runs:untag', 'ft-1', 'paper', ...PLACE)
      expect(bench.fake.run('ft-1').tags).to.deep.equal(['eval'])
    })

    it('reach a run that only W&B has', async () => {
      bench.fake.database.add('ada', 'reversal', 'far')
      expect((await cli('runs:tag', 'far', 'eval', ...PLACE)).stdout).to.match(
        /^On Weights & Biases: .*far$/m,
      )
      expect(bench.fake.run('far').tags).to.deep.equal(['eval'])
      expect((await cli('runs:tag', 'far', 'eval')).message).to.match(/^There is no run far/)
    })

    it('keep the change for later where W&B cannot be reached', async () => {
      await record('ft-1')
      await cli('runs:sync', 'ft-1', ...PLACE)
      bench.fake.faults.plan({ on: 'any', fault: { status: 503, headers: { 'retry-after': '900' } } })
      const { stdout, stderr } = await cli('runs:tag', 'ft-1', 'eval', ...PLACE)
      expect(stdout).to.equal('ft-1 has the tags eval.\n')
      expect(stderr).to.match(/^Warning: .*runs:sync\)$/m)
      await cli('runs:sync')
      expect(bench.fake.run('ft-1').tags).to.deep.equal(['eval'])
    })
  })

  describe('runs:set', () => {
    it('shows what changes and writes it, with --yes', async () => {
      await record('ft-1')
      await cli('runs:sync', 'ft-1', ...PLACE)
      const values = ['note=first try', 'layers=[1, 2]', 'seed=1', 'a.b=null']
      const asked = await cli('runs:set', 'ft-1', ...values, ...PLACE)
      expect(asked.stdout)
        .to.match(/^note +"first try"$/m)
        .and.not.include('seed')
      expect(asked.message).to.match(/^Write this to http.*ft-1\? Without a terminal, use --yes/)
      expect(bench.config('ft-1')).to.not.have.property('note')
      const { changes } = await json<RunsSetResult>('runs:set', 'ft-', ...values, ...PLACE, '--yes')
      expect(changes).to.deep.equal([
        { key: 'note', after: 'first try' },
        { key: 'layers', after: [1, 2] },
        { key: 'a.b', after: null },
      ])
      await cli('runs:sync', 'ft-1', ...PLACE)
      expect(bench.config('ft-1')).to.deep.include({ note: 'first try', layers: [1, 2], 'a.b': null })
      expect((await cli('runs:set', 'ft-1', ...values, ...PLACE)).stdout).to.equal(
        'The config of ft-1 has these values already.\n',
      )
    })

    it('refuses what sets nothing, and runs that are not there', async () => {
      await record('ft-1')
      expect((await cli('runs:set', 'ft-1', 'note', ...PLACE)).message).to.match(
        /^note sets nothing: use KEY=VALUE/,
      )
      expect((await cli('runs:set', 'ft-1', 'note=a', 'note=b', ...PLACE)).message).to.equal(
        'note is set twice: note=b is the second value.',
      )
      expect((await cli('runs:set', 'ft-1', 'a=1', ...PLACE)).message).to.equal(
        'There is no run ft-1 in ada/reversal on Weights & Biases.',
      )
    })
  })

  it('makes a run of a data set with its files', async () => {
    const counts = ['--num-examples-per-group', '2', '--num-train-examples', '1', '--num-test-examples', '1']
    const { wandb, directory } = await json<RecordedDataset>(
      ...['dataset:reverse', ...counts, '--dataset-name', 'small', '--use-wandb'],
      ...['--wandb-project', 'sets'],
    )
    const run = bench.fake.run(wandb?.name ?? '', 'sets')
    expect(run).to.include({ jobType: 'dataset', displayName: 'small', state: 'finished' })
    expect(String(run.files.get('small/all.jsonl'))).to.equal(
      await readFile(join(directory, 'all.jsonl'), 'utf8'),
    )
    const instructions = ['instructions:create', '--suffix', 'x', '--realized-guidance-size', '2']
    const { stdout } = await cli(
      ...instructions,
      '--unrealized-guidance-size',
      '1',
      '--wandb-project',
      'sets',
    )
    expect(stdout).to.match(/^dataset-[0-9a-f]{12} made with 1 row and 4 files: /m)
  })

  describe('takes its settings', () => {
    it('from a netrc file, the environment and a .env file', async () => {
      await record('ft-1')
      delete process.env.WANDB_API_KEY
      process.env.NETRC = join(await mkdtemp(join(tmpdir(), 'netrc-')), 'netrc')
      const { host } = new URL(bench.fake.url)
      await writeFile(process.env.NETRC, `machine ${host}\n  login user\n  password ${FAKE_KEY}\n`)
      process.env.WANDB_PROJECT = 'from-env'
      expect((await cli('runs:sync', 'ft-1')).error).to.equal(undefined)
      delete process.env.WANDB_PROJECT
      await writeFile('.env', 'WANDB_PROJECT=from-file\n')
      await cli('runs:sync', 'ft-1')
      expect([...bench.fake.database.projects]).to.deep.equal(['ada/from-env', 'ada/from-file'])
      await rm(process.env.NETRC)
    })

    it('and uses W&B only where that is said', async () => {
      await record('ft-1')
      process.env.WANDB_PROJECT = 'reversal'
      await cli('runs:tag', 'ft-1', 'eval')
      await cli('runs:tag', 'ft-1', 'eval', ...PLACE, '--no-wandb')
      process.env.NO_WANDB = '1'
      await cli('runs:tag', 'ft-1', 'eval', ...PLACE)
      expect(bench.fake.takeRequests()).to.deep.equal([])
    })

    it('and refuses in one sentence what contradicts itself or is missing', async () => {
      await record('ft-1')
      const refusal = async (env: NodeJS.ProcessEnv, ...argv: string[]) => {
        Object.assign(process.env, env)
        const { message, exit } = await cli(...argv)
        for (const name of Object.keys(env)) delete process.env[name]
        Object.assign(process.env, { WANDB_API_KEY: FAKE_KEY, WANDB_BASE_URL: bench.fake.url })
        expect(exit).to.equal(2)
        return message
      }
      const tag = ['runs:tag', 'ft-1', 'eval']
      expect(await refusal({}, ...tag, '--use-wandb', '--no-wandb')).to.equal(
        '--use-wandb and --no-wandb contradict each other.',
      )
      expect(await refusal({ NO_WANDB: '1' }, ...tag, '--use-wandb')).to.equal(
        '--use-wandb and NO_WANDB contradict each other.',
      )
      expect(await refusal({}, ...tag, '--use-wandb')).to.match(/^The Weights & Biases project is missing/)
      expect(await refusal({ WANDB_API_KEY: '' }, 'runs:sync', 'ft-1', ...PLACE)).to.match(
        /^There is no .* API key/,
      )
      expect(await refusal({ WANDB_API_KEY: 'f'.repeat(40) }, 'runs:sync', 'ft-1', ...PLACE)).to.equal(
        `${bench.fake.url} refuses the Weights & Biases API key.`,
      )
      expect(await refusal({ NO_WANDB: '1' }, 'runs:sync', 'ft-1', ...PLACE)).to.equal(
        'This is about Weights & Biases, which NO_WANDB forbids.',
      )
      expect(await refusal({}, 'eval:run', '--wandb-project', 'typo')).to.equal(
        'There is no project ada/typo on Weights & Biases.',
      )
    })
  })
})

/** Files below a folder that hold a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const contents = await Promise.all(paths.map((path) => readFile(path, 'latin1')))
  return paths.filter((_, index) => contents[index]?.includes(text))
}
