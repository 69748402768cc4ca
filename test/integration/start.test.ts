import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { Config } from '@oclif/core'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CLI = join(ROOT, 'bin/run.js')

describe('bin/run.js', () => {
  let cache: string

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'reversal-start-'))
  })

  afterEach(() => rm(cache, { recursive: true }))

  const start = (...argv: string[]) => startWith({}, ...argv)

  const startWith = (
    { uid, ...more }: { uid?: number } & Record<string, string | number | undefined>,
    ...argv: string[]
  ) => {
    const {
      NODE_V8_COVERAGE: _,
      NODE_COMPILE_CACHE: __,
      NODE_DISABLE_COMPILE_CACHE: ___,
      ...env
    } = process.env
    return spawnSync(process.execPath, [CLI, ...argv], {
      // Node hands coverage down to children unless they have it otherwise.
      env: { ...env, NODE_V8_COVERAGE: '', XDG_CACHE_HOME: cache, ...more } as NodeJS.ProcessEnv,
      encoding: 'utf8',
      ...(uid !== undefined && { uid, gid: uid }),
    })
  }

  it('says its version as oclif does', async () => {
    const { stdout, status } = start('--version')

    const { userAgent } = await Config.load(ROOT)
    expect(stdout).to.equal(`${userAgent}\n`)
    expect(status).to.equal(0)
  })

  it('takes -h and -v for --help and --version', () => {
    expect(start('-v').stdout).to.equal(start('--version').stdout)
    expect(start('eval:compare', '-h').stdout).to.equal(start('eval:compare', '--help').stdout)
  })

  it('says what is missing in the same words where colours are printed', () => {
    const { stderr } = startWith({ FORCE_COLOR: '1', NO_COLOR: undefined }, 'celebs:test')
    expect(stderr).to.contain('\x1b[')
    expect(stripVTControlCharacters(stderr)).to.equal(
      'Error: Missing required flag --model-name\nSee more help with --help\n',
    )
  })

  it('runs for a user whom the system does not know and who has no home', async function () {
    const uid = 54_321
    const isRoot = process.platform === 'linux' && process.getuid!() === 0
    if (!isRoot || startWith({ uid }, '--version').status !== 0) {
      console.log('      skipped: needs root, and a folder that others may read')
      this.skip()
    }
    await chmod(cache, 0o777)
    const unset = {
      HOME: undefined,
      SHELL: undefined,
      XDG_CACHE_HOME: undefined,
      REVERSAL_DATA_DIR: undefined,
    }
    const { stdout, stderr, status } = startWith({ uid, TMPDIR: cache, ...unset }, ...['dataset', '--help'])

    expect(stderr).to.equal('')
    expect(status).to.equal(0)
    expect(stdout).to.contain('dataset:reverse')
  })

  it('takes an empty HOME for none: the home is the one that the system knows', () => {
    const unset = { XDG_CACHE_HOME: undefined, REVERSAL_CACHE_DIR: undefined }
    const { stdout } = startWith({ HOME: '', ...unset }, 'cache:info', '--json')
    expect(JSON.parse(stdout).directory).to.match(new RegExp(`^${userInfo().homedir}/`))
  })

  it("keeps compiled code in the user's cache directory, and runs the same from it", async () => {
    const first = start('dataset', '--help')
    const second = start('dataset', '--help')

    expect(first.stdout).to.contain('dataset:reverse')
    expect(second.stdout).to.equal(first.stdout)
    if (process.platform === 'linux')
      expect(await readdir(join(cache, 'reversal'))).to.deep.equal(['compiled'])
  })
})
