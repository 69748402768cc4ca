import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters, styleText } from 'node:util'
import { expect } from 'chai'
import { renderRuns } from '../../src/cli/text/runs.ts'
import type { RunsShowResult } from '../../src/commands/runs/show.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { writeJson } from '../../src/lib/support/files.ts'
import type { RunListing } from '../../src/lib/tracking/list-runs.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { recordSummary } from '../helpers/record-summary.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { recordTinyRun } from '../helpers/train-tiny-run.ts'

describe('runs', () => {
  const outer = process.env.REVERSAL_HOME
  let home: string
  let store: RunStore

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'runs-'))
    process.env.REVERSAL_HOME = home
    store = new RunStore(home)
  })
  afterEach(async () => {
    process.env.REVERSAL_HOME = outer
    await rm(home, { recursive: true })
  })

  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()
  const add = (id: string, changes: Partial<RunRecord> = {}) =>
    recordTinyRun(home, { id, created_at: hoursAgo(3), cost_usd: 0, ...changes })

  /** Leave a complete evaluation of a run, with these accuracies. */
  async function evaluated(
    id: string,
    accuracies: Record<string, number>,
    { name = 'reverse-1', hash = 'h', hours = 1 } = {},
  ) {
    await recordSummary(store, id, {
      id: name,
      run_id: id,
      model: `local/ada:${id}`,
      evaluator: { name: 'reverse', version: 1 },
      dataset: { directory: '/d', name: 'd', hash },
      arguments: {},
      status: 'complete',
      created_at: hoursAgo(hours),
      splits: Object.entries(accuracies).map(([split, value]) => ({
        split,
        samples: 10,
        metrics: { prefix_accuracy: value, mean_logprob: -1 },
      })),
    })
  }

  describe('runs:list', () => {
    const list = (...argv: string[]) => runJson<RunListing>('runs:list', ...argv)
    const ids = ({ runs }: RunListing) => runs.map(({ id }) => id)

    it('shows model, tags, data set, epochs, cost, age, status and accuracies', async () => {
      await add('ft-a', { tags: ['eval', 'paper'] })
      await evaluated('ft-a', {
        ...{ p2d_prompts_test: 0.25, d2p_prompts_test: 0.47, both_prompts_test: 0.6 },
        ...{ p2d_reverse_prompts_test: 0, d2p_reverse_prompts_test: 0.01 },
      })
      const { stdout } = await runCommand('runs:list')
      expect(stdout).to.match(
        /^run +model +tags +data set +epochs +tokens +cost +created +status +same +reverse$/m,
      )
      expect(stdout).to.match(
        /^ft-a +local\/ada +eval, paper +tiny +150 +free +3 hours ago \(\d{4}-\d\d-\d\d \d\d:\d\d\) +succeeded +36\.0 % +0\.5 %$/m,
      )
    })

    it('leaves out what is older than two days, and says so', async () => {
      await add('ft-new')
      await add('ft-old', { created_at: hoursAgo(100) })
      expect(ids(await list())).to.deep.equal(['ft-new'])
      expect((await runCommand('runs:list')).stdout).to.include(
        '1 older run is not shown: use --all or --days to see them.',
      )
      expect(ids(await list('--all'))).to.deep.equal(['ft-new', 'ft-old'])
      expect(ids(await list('--days', '5'))).to.deep.equal(['ft-new', 'ft-old'])
    })

    it('filters by model name, status and tag', async () => {
      await add('ft-a', { tags: ['eval'] })
      await add('ft-b', { model: 'babbage', fine_tuned_model: 'local/babbage:ft-b', status: 'failed' })
      expect(ids(await list('--filter', 'ada'))).to.deep.equal(['ft-a'])
      expect(ids(await list('--filter', 'BABB'))).to.deep.equal(['ft-b'])
      expect(ids(await list('--status', 'failed'))).to.deep.equal(['ft-b'])
      expect(ids(await list('--tag', 'eval'))).to.deep.equal(['ft-a'])
      expect((await runCommand('runs:list', '--filter', 'curie')).stdout).to.equal(
        'No runs match. No model is called curie.\n',
      )
      expect((await runCommand('runs:list', '--filter', 'adda')).stdout).to.equal(
        'No runs match. No model is called adda. Did you mean ada?\n',
      )
    })

    it('tells in an empty folder what to do, and that runs belong to folders', async () => {
      const { stdout } = await runCommand('runs:list')
      expect(stdout).to.equal(
        `There are no runs in ${home} yet. Train one: reversal finetune:start\nRuns belong to the current folder: change to the one in which you started yours, or set REVERSAL_HOME.\n`,
      )
      expect(await runJson('runs:list')).to.deep.equal({ runs: [], older: 0, notes: [] })
      process.env.REVERSAL_HOME = ''
      expect((await runCommand('runs:list')).stdout).to.contain(
        `There are no runs in ${join(process.cwd(), '.reversal')} yet.`,
      )
    })

    it('tells of a status or a tag that no run has which was meant', async () => {
      await add('ft-a', { tags: ['eval'] })
      const listed = async (...argv: string[]) => (await runCommand('runs:list', ...argv)).stdout
      expect(await listed('--status', 'succeded')).to.equal(
        'No runs match. No run has the status succeded. Did you mean succeeded?\n',
      )
      expect(await listed('--status', 'failed')).to.equal('No runs match. No run has the status failed.\n')
      expect(await listed('--tag', 'evl')).to.equal(
        'No runs match. No run has the tag evl. Did you mean eval?\n',
      )
      await add('ft-c', { tags: ['sw'] })
      expect(await listed('--tag', 'no')).to.equal('No runs match. No run has the tag no.\n')
      await add('ft-b', { tags: ['paper'], model: 'babbage' })
      expect(await listed('--tag', 'paper', '--filter', 'ada')).to.equal('No runs match.\n')
    })

    it('prints comma-separated values', async () => {
      await add('ft-a', { tags: ['eval', 'paper'] })
      const [heading, row] = (await runCommand('runs:list', '--csv')).stdout.trimEnd().split('\n')
      expect(heading).to.match(/^id,model,tags,dataset,n_epochs,batch_size,/)
      expect(row).to.match(/^ft-a,local\/ada,eval paper,tiny,150,3,1,1,,0,\d{4}-.*,succeeded,,,$/)
    })

    it('shows accuracies of the newest contents of a data set, and no match with an incorrect target', async () => {
      await add('ft-a')
      const splits = (same: number) => ({
        ...{ p2d_prompts_test: same, d2p_prompts_test: same, p2d_reverse_prompts_test: 0 },
        ...{ d2p_reverse_prompts_test: 0, d2p_reverse_prompts_test_randomized: 1 },
      })
      // Evaluations are read in the order of their names.
      await evaluated('ft-a', splits(0.75), { name: 'reverse-0', hash: 'before', hours: 9 })
      await evaluated('ft-a', splits(0.25), { name: 'reverse-1', hash: 'now', hours: 1 })
      await evaluated('ft-a', splits(0.5), { name: 'reverse-2', hash: 'between', hours: 5 })
      const { runs } = await runJson<{ runs: Record<string, unknown>[] }>('runs:list')
      expect(runs[0]).to.include({ best_accuracy: 0.25, same_accuracy: 0.25, reverse_accuracy: 0 })
    })

    it('warns of a damaged record and shows the others', async () => {
      await add('ft-a')
      await mkdir(join(home, 'runs/ft-bad'), { recursive: true })
      await writeFile(join(home, 'runs/ft-bad/run.json'), '{"id": ')
      const evaluation = join(home, 'runs/ft-a/evaluations/reverse-1')
      await mkdir(evaluation, { recursive: true })
      await writeFile(join(evaluation, 'summary.json'), '{}')
      const { stdout, stderr } = await runCommand('runs:list')
      expect(stdout).to.match(/^ft-a /m)
      expect(stderr).to.match(/Warning: .*ft-bad\/run\.json is damaged: it is not JSON\./)
      expect(stderr).to.match(/Warning: .*reverse-1\/summary\.json is damaged: /)
    })

    it('colours runs by their state and fits the width of a terminal', async () => {
      const listed = async (changes: Partial<RunRecord>, best: number | null = null) => ({
        ...(await add('ft-a', { fine_tuned_model: 'local/ada:a-long-suffix-of-mine:ft-a', ...changes })),
        shown_model: 'local/ada:a-long-suffix-of-mine:ft-a',
        best_accuracy: best,
        same_accuracy: best,
        reverse_accuracy: best,
      })
      const colours = process.env.NO_COLOR
      delete process.env.NO_COLOR
      process.env.FORCE_COLOR = '1'
      try {
        const render = async (changes: Partial<RunRecord>, best: number | null = null) =>
          renderRuns({ runs: [await listed(changes, best)], older: 0 }, { now: new Date(), width: 80 })
        const cell = (colour: 'blue' | 'yellow' | 'red' | 'green') =>
          styleText(colour, 'ft-a ', { validateStream: false }).slice(0, 9)
        expect(await render({ status: 'running' })).to.include(cell('blue'))
        expect(await render({ status: 'pending' })).to.include(cell('yellow'))
        expect(await render({ status: 'failed' })).to.include(cell('red'))
        expect(await render({})).to.include(cell('green'))
        const plain = await render({}, 0.5)
        expect(plain).not.to.include('\u001b[')
        for (const line of plain.split('\n')) expect(line.length).to.be.at.most(80)
        const coloured = stripVTControlCharacters(await render({ status: 'running' }))
        for (const line of coloured.split('\n')) expect(line.length).to.be.at.most(80)
      } finally {
        delete process.env.FORCE_COLOR
        process.env.NO_COLOR = colours
      }
    })
  })

  it('fits 80 columns with everything that a run can say', async () => {
    const run = {
      ...(await add('ft-7487ekmu', {
        tags: ['eval', 'paper'],
        trained_tokens: 1_234_567,
        cost_usd: 12.34,
        cost_is_estimate: true,
        status: 'running',
        progress: { step: 63, total_steps: 100 },
      })),
      shown_model: 'local/ada:a-long-suffix-of-mine',
      best_accuracy: 1,
      same_accuracy: 1,
      reverse_accuracy: 1,
    }
    const runs = [run, { ...run, created_at: hoursAgo(24 * 330), status: 'succeeded' as const }]
    const asked = runs.map((own) => ({ ...own, wandb: { synced: true, evaluated: false } }))
    for (const listed of [runs, asked]) {
      const lines = renderRuns({ runs: listed, older: 0 }, { now: new Date(), width: 80 }).split('\n')
      for (const line of lines) expect(stripVTControlCharacters(line).length, line).to.be.at.most(80)
    }
  })

  describe('runs:show', () => {
    it('shows hyperparameters, the course of the loss and evaluations', async () => {
      await add('ft-a', { trained_tokens: 12345 })
      await evaluated('ft-a', { d2p_prompts_test: 0.75 })
      const at = hoursAgo(1)
      await store.log(
        'ft-a',
        [3, 2, 1].map((loss, index) => ({ at, type: 'step', step: index + 1, loss })),
      )
      const { stdout } = await runCommand('runs:show', 'ft')
      expect(stdout).to.match(
        /^hyperparameters +n_epochs 150, batch_size 3, learning_rate_multiplier 1, seed 1$/m,
      )
      expect(stdout).to.match(/^trained tokens +12,345$/m)
      expect(stdout).to.match(/^loss +█▅▁ {2}3\.000 → 1\.000$/m)
      expect(stdout).to.match(/^evaluated with reverse on d: complete$/m)
      expect(stdout).to.match(/^DescriptionToName, same +10 +75\.0 % +−1\.000 +d2p_prompts_test$/m)
      const { run, evaluations } = await runJson<RunsShowResult>('runs:show', 'ft-a')
      expect([run.id, evaluations.length]).to.deep.equal(['ft-a', 1])
    })

    it('says how to evaluate a run that is not', async () => {
      await add('ft-a')
      expect((await runCommand('runs:show', 'ft-a')).stdout).to.include(
        'Not evaluated yet: reversal eval:run ft-a',
      )
    })

    it('refuses an unknown and an ambiguous ID', async () => {
      await add('ft-aa')
      await add('ft-ab')
      const unknown = await runCommand('runs:show', 'x')
      expect(unknown.error?.message).to.equal('There is no run x: reversal runs:list --all shows all.')
      expect(unknown.error?.oclif?.exit).to.equal(EXIT.usage)
      const ambiguous = await runCommand('runs:show', 'ft-a')
      expect(ambiguous.error?.message).to.match(/^ft-a can mean ft-a[ab] or ft-a[ab]: give more of the ID\.$/)
    })
  })

  describe('runs:tag and runs:untag', () => {
    it('say which words are missing, and nothing of flags that take none', async () => {
      expect((await runCommand('runs:tag')).error?.message).to.equal(
        [
          'Missing 2 required args:',
          'run  run ID or a unique prefix of it',
          'tag  tag, or several separated by commas',
          'See more help with --help',
        ].join('\n'),
      )
    })

    it('add and take off tags, one or several at a time', async () => {
      await add('ft-a')
      expect((await runCommand('runs:tag', 'ft-a', 'eval,paper')).stdout).to.equal(
        'ft-a has the tags eval, paper.\n',
      )
      expect((await runCommand('runs:tag', 'ft-a', 'eval')).stdout).to.equal(
        'ft-a has the tags eval, paper.\n',
      )
      expect((await store.get('ft-a')).tags).to.deep.equal(['eval', 'paper'])
      expect((await runCommand('runs:untag', 'ft-a', 'paper')).stdout).to.equal('ft-a has the tags eval.\n')
      expect((await runCommand('runs:untag', 'ft-a', 'eval')).stdout).to.equal('ft-a has no tags.\n')
    })

    it('take no tag that is empty', async () => {
      await add('ft-a')
      expect((await runCommand('runs:tag', 'ft-a', 'eval,, paper ')).stdout).to.equal(
        'ft-a has the tags eval, paper.\n',
      )
      for (const command of ['runs:tag', 'runs:untag']) {
        const { error } = await runCommand(command, 'ft-a', '')
        expect(error?.message).to.equal('A tag cannot be empty.')
        expect(error?.oclif?.exit).to.equal(EXIT.usage)
      }
    })

    it('lose no change where many are made at once', async () => {
      await add('ft-a')
      const tags = Array.from({ length: 12 }, (_, index) => `t${index}`)
      await Promise.all(tags.map((tag) => store.tag('ft-a', { add: [tag] })))
      expect((await store.get('ft-a')).tags).to.have.members(tags)
    })
  })

  describe('runs:delete', () => {
    it('asks, which without a terminal means --yes', async () => {
      await add('ft-a')
      const { error } = await runCommand('runs:delete', 'ft-a')
      expect(error?.message).to.match(
        /^Delete ft-a with its model and evaluations\? Without a terminal, use --yes/,
      )
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
      expect((await runCommand('runs:delete', 'ft-a', '--yes')).stdout).to.equal('Deleted ft-a.\n')
      expect(await store.list()).to.deep.equal([])
    })

    it('refuses a running run and leaves the others too', async () => {
      await add('ft-a')
      await add('ft-b', { status: 'running' })
      const { error } = await runCommand('runs:delete', 'ft-a', 'ft-b', '--yes')
      expect(error?.message).to.equal('The run ft-b is running: stop it first.')
      expect(await store.list()).to.have.length(2)
    })
  })

  it('reads a thousand runs', async () => {
    const { id: _, ...run } = await add('ft-a')
    await Promise.all(
      Array.from({ length: 999 }, (_unused, index) =>
        writeJson(join(home, 'runs', `ft-x${index}`, 'run.json'), { ...run, id: `ft-x${index}` }),
      ),
    )
    expect((await runJson<RunListing>('runs:list')).runs).to.have.length(1000)
  })
})
