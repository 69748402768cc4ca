import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

  const start = (...argv: string[]) => {
    const {
      NODE_V8_COVERAGE: _,
      NODE_COMPILE_CACHE: __,
      NODE_DISABLE_COMPILE_CACHE: ___,
      ...env
    } = process.env
    return spawnSync(process.execPath, [CLI, ...argv], {
      // Node hands coverage down to children unless they have it otherwise.
      env: { ...env, NODE_V8_COVERAGE: '', XDG_CACHE_HOME: cache },
      encoding: 'utf8',
    })
  }

  it('says its version as oclif does', async () => {
    const { stdout, status } = start('--version')

    const { userAgent } = await Config.load(ROOT)
    expect(stdout).to.equal(`${userAgent}\n`)
    expect(status).to.equal(0)
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
