import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalListResult } from '../../src/commands/eval/list.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { recordTinyRun, trainTinyRun } from '../helpers/train-tiny-run.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const PLUGIN = fileURLToPath(new URL('../fixtures/evaluator-plugin', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))

describe('plugins that bring evaluators', () => {
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
    expect(stderr).to.match(/shout\.jsonl:2 does not fit: "completion" must be string\. $/)
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
      "export default ({ register }) => register({ name: 'half' })",
      'The plugin reversal-plugin-bad registers an evaluator (half) without a summary.',
    ],
    [
      'takes a name that is taken',
      `import shout from '../shout/hooks/evaluators.js'
       export default async ({ register }) =>
         shout({ register: (evaluator) => register({ ...evaluator, name: 'reverse' }) })`,
      'The plugin reversal-plugin-bad registers the evaluator reverse, but reversal has one of that name.',
    ],
  ]
  it('are documented as they are', async () => {
    const page = await readFile(new URL('../../docs/add-an-evaluator.md', import.meta.url), 'utf8')
    for (const file of ['package.json', 'hooks/evaluators.js']) {
      expect(page).to.include(await readFile(join(PLUGIN, file), 'utf8'))
    }
  })

  describe('and fail', () => {
    let root: string

    before(async () => {
      root = join(folder, 'bad')
      await mkdir(root)
      const oclif = { hooks: { evaluators: './hook' } }
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
        expect(stderr).to.include('Evaluators of reversal-plugin-bad are missing:')
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
