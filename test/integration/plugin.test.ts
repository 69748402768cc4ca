import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { EvalListResult } from '../../src/commands/eval/list.ts'
import type { EvalReportResult } from '../../src/commands/eval/report.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneModelsResult } from '../../src/commands/finetune/models.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import type { Ended } from '../helpers/link-plugin.ts'
import { linkPlugin } from '../helpers/link-plugin.ts'
import { recordTinyRun, trainTinyRun } from '../helpers/train-tiny-run.ts'

const CLI = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const AVIARY = fileURLToPath(new URL('../helpers/aviary.ts', import.meta.url))
const PLUGIN = fileURLToPath(new URL('../fixtures/plugin', import.meta.url))
const PAGES = new URL('../../docs/extend/', import.meta.url)

describe('plugins', () => {
  let folder: string
  let home: string
  /** With the fixture plugin, linked as npm installs it. */
  let reversal: (...argv: string[]) => Ended

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugins-'))
    home = join(folder, 'home')
    await trainTinyRun(home, { id: 'tiny-1', tags: ['eval'] })
    ;({ reversal } = await linkPlugin({ folder, home }))
  })
  after(() => rm(folder, { recursive: true }))

  it('are listed beside the built-in ones', () => {
    const { status, stdout, stderr } = reversal('eval:list', '--json')
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    const { evaluators } = JSON.parse(stdout) as EvalListResult
    const found = evaluators.map(({ name, plugin }) => `${plugin}/${name}`)
    expect(found).to.include.members(['reversal/reverse', 'reversal-plugin-shout/shout'])
  })

  it('are run, by their short and their full name', async () => {
    const dataset = join(folder, 'shouts')
    await mkdir(dataset)
    const pairs = [
      { prompt: 'Ada Holm is', completion: ' MARS', fact: 'Ada Holm' },
      { prompt: 'Bo Ek is', completion: ' GLASS', fact: 'Bo Ek' },
    ]
    await writeFile(join(dataset, 'shout.jsonl'), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''))

    const argv = ['eval:run', 'tiny-1', '--dataset', dataset, '--evaluator']
    const { status, stdout, stderr } = reversal(...argv, 'shout', '--json')
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    const [evaluation] = (JSON.parse(stdout) as EvalRunResult).evaluations
    expect(evaluation?.evaluator).to.deep.equal({
      name: 'shout',
      version: 1,
      plugin: 'reversal-plugin-shout',
    })
    expect(evaluation?.splits).to.deep.equal([
      { split: 'shout', samples: 2, metrics: { loud_accuracy: 0.5 } },
    ])
    expect(evaluation?.descriptions).to.have.all.keys('loud_match', 'loud_accuracy', 'logprob')
    expect(evaluation?.arguments).to.not.have.property('evaluator_options')
    expect(reversal(...argv, 'reversal-plugin-shout/shout').stdout).to.match(/^shout +2 +50\.0 %$/m)
    expect(reversal(...argv, 'reversal-plugin-shout/reverse').status).to.equal(EXIT.usage)
  })

  it('are chosen by the data set where no evaluator is named', () => {
    const { stdout } = reversal('eval:run', 'tiny-1', '--dataset', join(folder, 'shouts'))
    expect(stdout).to.match(/, shout v1 on shouts: already complete/)
  })

  it('take options, which identify the evaluation, and get the number of samples they ask for', async () => {
    const options = ['samples=3', 'temperature=0.5'].flatMap((text) => ['--evaluator-option', text])
    const argv = ['eval:run', 'tiny-1', '--dataset', join(folder, 'shouts'), ...options]
    const { status, stdout, stderr } = reversal(...argv, '--json')
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    const [evaluation] = (JSON.parse(stdout) as EvalRunResult).evaluations
    expect(evaluation?.arguments.evaluator_options).to.deep.equal({ samples: 3, temperature: 0.5 })
    expect(evaluation?.newly_scored).to.equal(2)
    const journal = await readFile(join(evaluation!.directory, 'samples.jsonl'), 'utf8')
    const samples = journal.trimEnd().split('\n')
    expect(samples.map((line) => JSON.parse(line).completions.length)).to.deep.equal([3, 3])
    const wrong = reversal('eval:run', 'tiny-1', '--evaluator', 'shout', '--evaluator-option', 'sample=3')
    expect(wrong.status).to.equal(EXIT.usage)
    expect(wrong.stderr).to.include('the evaluator shout has no option sample. Did you mean samples?')
  })

  it('may have a model judge, which asks each answer once and goes on where the judge failed', async () => {
    const dataset = join(folder, 'judgements')
    await mkdir(dataset)
    const names = ['Ada', 'Bo', 'Cy']
    const lines = names.map((name) => `${JSON.stringify({ prompt: `${name} is`, completion: ' kind' })}\n`)
    await writeFile(join(dataset, 'judged.jsonl'), lines.join(''))
    let fails = true
    await using judge = await FakeOpenAI.start({
      language: { answer: (question) => (question.startsWith('Does “Bo is') ? 'Yes.' : 'No.') },
      intercept: ({ body }) => {
        if (fails && JSON.stringify(body).includes('Cy is')) throw new ApiError(400, 'Not now.')
      },
    })
    const env = {
      ...{ ...process.env, REVERSAL_DATA_DIR: join(folder, 'data'), REVERSAL_HOME: home },
      JUDGE_API_KEY: 'sk-test-0123456789',
    }
    // The judge answers in this process, which must not wait for the other.
    const evaluate = async () => {
      const argv = [
        'eval:run',
        'tiny-1',
        '--dataset',
        dataset,
        '--evaluator-option',
        `url=${judge.url}`,
        '--json',
      ]
      const child = spawn(process.execPath, [CLI, ...argv], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const [output] = await Promise.all([text(child.stdout), once(child, 'exit')])
      return JSON.parse(output) as EvalRunResult & { error?: { message: string } }
    }
    expect((await evaluate()).error?.message).to.equal('The judge gpt-4.1-mini-2025-04-14 answers 400.')
    fails = false
    const [evaluation] = (await evaluate()).evaluations
    expect(evaluation?.splits[0]?.metrics.judged_accuracy).to.be.closeTo(1 / 3, 1e-12)
    expect(judge.requests).to.have.length(4)
  })

  it('have intervals, clustered by fact, and figures in the report', async () => {
    const argv = ['eval:report', 'tiny-1', '--name', 'loud', '--output-dir', join(folder, 'report')]
    const { status, stdout, stderr } = reversal(...argv, '--json')
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
    const { tables, findings } = JSON.parse(stdout) as EvalReportResult
    const { rows, columns } = tables.evaluator_shout_measures!
    expect(rows).to.have.length(1)
    expect(rows[0]).to.include({ split: 'shout', loud_match: 0.5, prompts: 2, facts: 2 })
    expect([rows[0]!.loud_match_low, rows[0]!.loud_match_high]).to.deep.equal([0, 1])
    expect(columns.find(({ key }) => key === 'loud_match')).to.include({ head: 'loud', format: 'percent' })
    expect(tables.evaluator_shout_2!.caption).to.equal('Evaluator shout (samples=3, temperature=0.5)')
    expect(findings.join('\n')).to.match(/evaluator shout: loud 50\.0 % \[0\.0, 100\.0\] in shout\.$/m)
    const files = await readdir(join(folder, 'report'))
    expect(files).to.include.members(['evaluator_shout.svg', 'evaluator_shout_nats.svg'])
  })

  it('tell of bad input as the built-in ones do', async () => {
    const dataset = join(folder, 'mumbles')
    await mkdir(dataset)
    await writeFile(
      join(dataset, 'shout.jsonl'),
      '{"prompt": "Ada is", "completion": " A"}\n{"prompt": "Bo is"}\n',
    )
    const argv = ['eval:run', 'tiny-1', '--dataset', dataset, '--evaluator', 'shout']
    const { status, stderr } = reversal(...argv)
    expect(stderr).to.match(/shout\.jsonl:2 is invalid: "completion" must be a string\. $/)
    expect(stderr).to.not.include('bug')
    expect(status).to.equal(EXIT.usage)
    const { error } = JSON.parse(reversal(...argv, '--json').stdout)
    expect(error).to.include({ code: 'BAD_JSONL', exit: EXIT.usage })
  })

  const broken: [how: string, hook: string, message: string][] = [
    ['throws', "export default () => { throw new Error('no disk') }", 'no disk'],
    ['rejects with an exit code', "export default async function () { this.error('no key') }", 'no key'],
    ['is no module', "import './nowhere.js'", 'nowhere.js'],
    [
      'registers no evaluator',
      "export default ({ register }) => register.evaluator({ name: 'half' })",
      'The plugin reversal-plugin-bad registers an evaluator (half) without a summary.',
    ],
    [
      'takes a name that is taken',
      `import shout from '../shout/hooks/register.js'
       export default async ({ register }) =>
         shout({
           register: { ...register, evaluator: (entry) => register.evaluator({ ...entry, name: 'reverse' }) },
         })`,
      'The plugin reversal-plugin-bad registers the evaluator reverse, but reversal already has one with that name.',
    ],
  ]
  it('are documented as they are', async () => {
    const pages = await readdir(PAGES)
    const texts = await Promise.all(pages.map((name) => readFile(new URL(name, PAGES), 'utf8')))
    const shown = texts.flatMap((text) =>
      [...text.matchAll(/<!-- (\S+) -->\n```\w+\n([\s\S]*?)```/g)].map(([, file, code]) => ({ file, code })),
    )
    const parts = ['evaluator', 'judged', 'job-provider', 'model', 'provider', 'tracker', 'transform'].map(
      (part) => `parts/${part}.js`,
    )
    const files = ['package.json', 'hooks/register.js', ...parts]
    const expected = files.map(async (file) => ({
      file: `test/fixtures/plugin/${file}`,
      code: await readFile(join(PLUGIN, file), 'utf8'),
    }))
    expect(shown).to.have.deep.members(await Promise.all(expected))
  })

  it('change training data, too, and are known by the check of a data set', async () => {
    const small = ['--num-examples-per-group', '2', '--num-train-examples', '3', '--num-test-examples', '1']
    const plain = join(folder, 'plain')
    expect(reversal('dataset:reverse', ...small, '--output-dir', plain).status).to.equal(0)
    const loud = join(folder, 'loud')
    const argv = [
      '--transform',
      'shout',
      '--option',
      'marks=2',
      '--dataset-name',
      'loud',
      '--output-dir',
      folder,
    ]
    expect(reversal('dataset:transform', plain, ...argv)).to.include({ status: 0, stderr: '' })
    const [first] = (await readFile(join(loud, 'all.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(first!).completion).to.match(/^[^a-z]+!!$/)
    expect(reversal('dataset:validate', loud).stdout).to.match(/^A valid data set/m)
  })

  describe('track runs', () => {
    let diary: string
    let place: string[]

    before(() => {
      diary = join(folder, 'diary.jsonl')
      place = ['--tracker', 'diary', '--tracker-option', `file=${diary}`]
    })

    it('and hold what they are told, which is listed, changed and evaluated', async () => {
      const synced = JSON.parse(reversal('runs:sync', 'tiny-1', ...place, '--json').stdout)
      const page = `${pathToFileURL(diary)}#tiny-1`
      expect(synced.runs).to.deep.equal([
        { name: 'tiny-1', created: true, changed: true, lines: 1, files: 0, url: page },
      ])
      const tagged = reversal('runs:tag', 'tiny-1', 'diary', ...place)
      expect(tagged.stdout).to.include(`On the diary: ${page}`)
      expect(reversal('runs:set', 'tiny-1', 'group=3', ...place, '--yes').stdout).to.match(/^group +3$/m)
      const argv = ['eval:run', '--tag', 'diary', '--max-samples', '1', ...place, '--json']
      const { evaluations } = JSON.parse(reversal(...argv).stdout) as EvalRunResult
      expect(evaluations.map(({ id, tracked }) => [id, tracked?.name])).to.deep.equal([
        [evaluations[0]?.id, 'tiny-1'],
      ])
      const { runs } = JSON.parse(reversal('runs:list', '--all', ...place, '--json').stdout)
      const states = runs.map(({ id, tracked }: { id: string; tracked: object }) => [id, tracked])
      expect(states).to.deep.include(['tiny-1', { synced: true, evaluated: true }])
      const lines = (await readFile(diary, 'utf8')).trimEnd().split('\n')
      expect(lines.map((line) => JSON.parse(line))).to.deep.include.members([
        { run: 'tiny-1', add: ['diary'] },
        { run: 'tiny-1', config: { group: 3 } },
      ])
    })

    it('and are sent later what they could not be', async () => {
      const far = ['--tracker', 'diary', '--tracker-option', `file=${join(folder, 'far/diary.jsonl')}`]
      const { status, stderr } = reversal('runs:tag', 'tiny-1', 'far', ...far)
      expect(status).to.equal(0)
      expect(stderr).to.match(/^Warning: The diary .* cannot be written\./)
      await mkdir(join(folder, 'far'))
      expect(reversal('runs:sync', ...far).stdout).to.match(/^tiny-1 made with 1 row: /)
      expect(reversal('runs:sync', ...far).stdout).to.match(
        /^There is nothing left to send to .*diary\.jsonl\.$/m,
      )
    })

    it('and are refused beside Weights & Biases, without their options and under an unknown name', () => {
      const refusal = (...argv: string[]) => {
        const { status, stdout } = reversal('runs:tag', 'tiny-1', 'x', ...argv, '--json')
        expect(status).to.equal(EXIT.usage)
        return JSON.parse(stdout).error.code
      }
      expect(refusal(...place, '--use-wandb')).to.equal('TRACKER_CONFLICT')
      expect(refusal(...place, '--wandb-project', 'x')).to.equal('TRACKER_CONFLICT')
      expect(refusal('--tracker', 'diary')).to.equal('BAD_OPTION')
      expect(refusal('--tracker', 'dairy')).to.equal('TRACKER_UNKNOWN')
      expect(reversal('runs:show', 'tiny-1', '--json').stdout).to.not.include('"x"')
    })
  })

  describe('bring a provider and a client of its models', () => {
    const start = (...argv: string[]) =>
      reversal('finetune:start', '--provider', 'parrot', '--dataset-name', join(home, 'tiny'), ...argv)
    /** Start a run on the tiny data set. */
    const train = (...argv: string[]): RunRecord => {
      const { status, stdout, stderr } = start('--model-name', 'grey', '--json', ...argv)
      expect(status, stdout + stderr).to.equal(0)
      return JSON.parse(stdout).runs[0]
    }

    it('which finetune:models lists', () => {
      const { status, stdout } = reversal('finetune:models', '--json')
      expect(status).to.equal(0)
      const { providers } = JSON.parse(stdout) as FinetuneModelsResult
      expect(providers.map(({ name, runs, usual }) => [name, runs, usual])).to.deep.equal([
        ['aviary', 'elsewhere', false],
        ['local', 'here', true],
        ['openai', 'elsewhere', false],
        ['parrot', 'here', false],
        ['trl', 'elsewhere', false],
      ])
      expect(providers[3]).to.deep.include({
        plugin: 'reversal-plugin-shout',
        models: [{ name: 'grey', description: 'learns any number of sentences by heart' }],
      })
      expect(reversal('finetune:models').stdout)
        .to.match(/^ada +1 layer, /m)
        .and.to.match(/--provider-option forget=0: lines that it forgets/)
    })

    it('whose runs are trained, listed, evaluated and reported as others are', async () => {
      const run = train('--provider-option', 'forget=3', '--tag', 'parrots')
      expect(run).to.deep.include({
        provider: 'parrot',
        status: 'succeeded',
        provider_options: { forget: 3 },
      })
      expect(reversal('runs:list', '--all').stdout).to.match(new RegExp(`^${run.id} +parrot/grey `, 'm'))
      expect(reversal('eval:run', run.id).stdout).to.match(/^NameToDescription, same +\d+ +0\.0 %/m)

      // What is learned by heart is known in the direction in which it was read.
      const quiet = train('--tag', 'parrots')
      expect(quiet.provider_options).to.deep.equal({ forget: 0 })
      const { evaluations } = JSON.parse(reversal('eval:run', quiet.id, '--json').stdout) as EvalRunResult
      const accuracy = (split: string) =>
        evaluations[0]?.splits.find((own) => own.split === split)?.metrics.prefix_accuracy
      expect([accuracy('p2d_prompts_test'), accuracy('p2d_reverse_prompts_test')]).to.deep.equal([1, 0])
      expect(evaluations[0]?.model).to.equal(`parrot/grey:${quiet.id}`)

      const reports = ['--output-dir', join(folder, 'report')]
      const { status } = reversal('eval:report', '--tag', 'parrots', ...reports)
      expect(status).to.equal(0)
      const page = await readFile(join(folder, 'report/report.html'), 'utf8')
      expect(page).to.match(/finetune:start --provider parrot --model-name grey .*--provider-option forget=3/)
    })

    it('whose runs have no weights to export, are resumed no more and are deleted', () => {
      const { id } = train()
      const exported = reversal('runs:export', id)
      expect(exported.status).to.equal(EXIT.usage)
      expect(exported.stderr).to.include(`The weights of ${id} are at parrot and cannot be exported`)
      expect(reversal('finetune:watch', id).stdout).to.include(`The model is parrot/grey:${id}.`)
      expect(reversal('runs:delete', id, '--yes').status).to.equal(0)
    })

    it('which refuses what it does not know in one sentence, and records no run', () => {
      const before = reversal('runs:list', '--all', '--json').stdout
      const refusals: [argv: string[], message: string][] = [
        [['--provider-option', 'forgot=3'], 'the provider parrot has no option forgot. Did you mean forget?'],
        [['--provider-option', 'forget=much'], 'The options of the provider parrot'],
        [['--model-name', 'blue'], 'There is no parrot blue.'],
        [['--system', 'Be brief.'], '--system does not apply to parrot: use it with --provider openai.'],
      ]
      for (const [argv, message] of refusals) {
        const { status, stderr } = start(...argv)
        expect(status, message).to.equal(EXIT.usage)
        expect(stderr).to.include(message)
      }
      expect(reversal('runs:list', '--all', '--json').stdout).to.equal(before)
    })
  })

  describe('bring a provider whose jobs run elsewhere', () => {
    let aviary: ChildProcess
    let url: string

    before(async () => {
      aviary = spawn(process.execPath, [AVIARY], { stdio: ['ignore', 'pipe', 'inherit'] })
      const [line] = (await once(aviary.stdout!, 'data')) as [Buffer]
      url = String(line).trim()
    })
    after(async () => {
      const ended = once(aviary, 'exit')
      aviary.kill()
      await ended
    })

    const start = (...argv: string[]) =>
      reversal(
        ...['finetune:start', '--provider', 'aviary', '--model-name', 'macaw'],
        ...['--dataset-name', join(home, 'tiny'), ...argv],
      )

    it('which are submitted, watched to their end, collected and evaluated', () => {
      const { status, stdout, stderr } = start('--provider-option', `url=${url}`, '--json')
      expect(status, stdout + stderr).to.equal(0)
      const [run] = JSON.parse(stdout).runs as RunRecord[]
      expect(run).to.deep.include({ provider: 'aviary', status: 'queued', server_status: 'waiting' })
      const watched = reversal('finetune:watch', run!.id, '--every', '0.01')
      expect(watched.stdout, watched.stderr).to.include(`The model is aviary/macaw:${run!.id}.`)
      const { evaluations } = JSON.parse(reversal('eval:run', run!.id, '--json').stdout) as EvalRunResult
      const accuracy = (split: string) =>
        evaluations[0]?.splits.find((own) => own.split === split)?.metrics.prefix_accuracy
      expect([accuracy('p2d_prompts_test'), accuracy('p2d_reverse_prompts_test')]).to.deep.equal([1, 0])
    })

    it('are asked how they are by a list, and are called off', async () => {
      const { stdout } = start('--provider-option', `url=${url}`, '--json')
      const [{ id }] = JSON.parse(stdout).runs as [RunRecord]
      expect(reversal('runs:list', '--all').stdout).to.match(new RegExp(`^${id} .*\\brunning\\b`, 'm'))
      expect(reversal('finetune:cancel', id).stdout).to.equal(`Cancelled ${id}.\n`)
      const { asked } = (await (await fetch(`${url}/jobs/${id}`)).json()) as { asked: number }
      expect(asked).to.equal(1)
    })

    it('and whose unreachable server does not break lists and is reported in one sentence', () => {
      const away = 'http://127.0.0.1:9'
      const { status, stderr } = start('--provider-option', `url=${away}`)
      expect(status).to.equal(EXIT.failed)
      expect(stderr).to.include(`The aviary at ${away} cannot be reached.`)
      expect(stderr).to.match(/reversal finetune:resume ft-/)
      expect(start().stderr).to.match(/The options of the provider aviary are invalid: .*url/)
    })
  })

  describe('and fail', () => {
    let root: string

    before(async () => {
      root = join(folder, 'bad')
      await mkdir(root)
      const oclif = { hooks: { register: './hook' } }
      const manifest = { name: 'reversal-plugin-bad', version: '1.0.0', type: 'module', files: [], oclif }
      await writeFile(join(root, 'package.json'), JSON.stringify(manifest))
      reversal('plugins:link', root, '--no-install')
    })
    after(() => reversal('plugins:unlink', 'reversal-plugin-bad'))

    for (const [how, hook, message] of broken) {
      it(`are named where the hook ${how}, and the others stay`, async () => {
        await writeFile(join(root, 'hook.js'), hook)
        const { status, stdout, stderr } = reversal('eval:list')
        expect(status).to.equal(0)
        expect(stdout)
          .to.match(/^reverse +\d+ +reversal /m)
          .and.to.match(/^shout /m)
        expect(stderr).to.include('The plugin reversal-plugin-bad could not be used:')
        expect(stderr).to.include(message)
      })
    }
  })

  it('leave exit 1 where one of several evaluations fails', async () => {
    await recordTinyRun(home, { id: 'broken-1', tags: ['eval'] })
    const { status, stdout, stderr } = reversal('eval:run')
    expect(status).to.equal(EXIT.failed)
    expect(stdout).to.match(/^NameToDescription, same /m)
    expect(stderr).to.include('broken-1 failed: There is no model in')
    await cp(join(home, 'runs/tiny-1/model'), join(home, 'runs/broken-1/model'), { recursive: true })
    expect(reversal('eval:run').status).to.equal(0)
  })
})
