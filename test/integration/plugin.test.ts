import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { EvalListResult } from '../../src/commands/eval/list.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { recordTinyRun, trainTinyRun } from '../helpers/train-tiny-run.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const PLUGIN = fileURLToPath(new URL('../fixtures/plugin', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = new URL('../../docs/extend/', import.meta.url)

describe('plugins', () => {
  let folder: string
  let home: string
  /** The plugin as npm installs it: with a copy of `reversal` of its own, here the built one. */
  let shout: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugins-'))
    home = join(folder, 'home')
    await trainTinyRun(home, { id: 'tiny-1', tags: ['eval'] })
    shout = join(folder, 'shout')
    await cp(PLUGIN, shout, { recursive: true })
    await mkdir(join(shout, 'node_modules'))
    await symlink(PACKAGE, join(shout, 'node_modules/reversal'))
    reversal('plugins:link', shout, '--no-install')
  })
  after(() => rm(folder, { recursive: true }))

  /** The executable, with the plugins and runs of this test alone. */
  function reversal(...argv: string[]) {
    const env = { ...process.env, REVERSAL_DATA_DIR: join(folder, 'data'), REVERSAL_HOME: home }
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...argv], { env, encoding: 'utf8' })
    return { status, stdout, stderr: stderr.replaceAll(/\s+(›\s+)?/g, ' ') }
  }

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
      { prompt: 'Ada Holm is', completion: ' MARS' },
      { prompt: 'Bo Ek is', completion: ' GLASS' },
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
    expect(reversal(...argv, 'reversal-plugin-shout/shout').stdout).to.match(/^shout +2 +50\.0 %$/m)
    expect(reversal(...argv, 'reversal-plugin-shout/reverse').status).to.equal(EXIT.usage)
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
      'The plugin reversal-plugin-bad registers the evaluator reverse, but reversal has one of that name.',
    ],
  ]
  it('are documented as they are', async () => {
    const pages = await readdir(PAGES)
    const texts = await Promise.all(pages.map((name) => readFile(new URL(name, PAGES), 'utf8')))
    const shown = texts.flatMap((text) =>
      [...text.matchAll(/<!-- (\S+) -->\n```\w+\n([\s\S]*?)```/g)].map(([, file, code]) => ({ file, code })),
    )
    const files = [
      'package.json',
      'hooks/register.js',
      'parts/evaluator.js',
      'parts/tracker.js',
      'parts/transform.js',
    ]
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
      expect(reversal('runs:sync', ...far).stdout).to.match(/^Nothing waits to be sent to .*diary\.jsonl\.$/m)
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
    expect(stdout).to.match(/^p2d_prompts_test /m)
    expect(stderr).to.include('broken-1 failed: There is no model in')
    await cp(join(home, 'runs/tiny-1/model'), join(home, 'runs/broken-1/model'), { recursive: true })
    expect(reversal('eval:run').status).to.equal(0)
  })
})
