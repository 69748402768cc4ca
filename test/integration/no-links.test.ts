import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const SOURCE = fileURLToPath(new URL('../fixtures/support/no-links.c', import.meta.url))

describe('on a file system without hard links', () => {
  let folder: string
  let library: string

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'no-links-'))
    library = join(folder, 'no-links.so')
    const built = process.platform === 'linux' && spawnSync('cc', ['-shared', '-fPIC', '-o', library, SOURCE])
    if (built && built.status === 0) return
    console.log('      skipped: no library can be built and loaded here')
    this.skip()
  })
  after(() => rm(folder, { recursive: true }))

  it('a model is trained and evaluated, whatever it answers', async () => {
    const home = join(folder, 'home')
    const dataset = join(folder, 'tiny')
    await writeTinyDataset(dataset)
    const under = (code: 'EPERM' | 'ENOSYS' | 'EOPNOTSUPP') => {
      const links = { LD_PRELOAD: library, NO_LINKS: String(constants.errno[code]) }
      const env = { ...process.env, REVERSAL_HOME: home, ...links }
      const run = (...argv: string[]) => spawnSync(process.execPath, argv, { encoding: 'utf8', env })
      const tried = run(
        '-e',
        `try { fs.linkSync('${SOURCE}', '${home}') } catch (e) { console.log(e.errno) }`,
      )
      expect(tried.stdout).to.equal(`${-constants.errno[code]}\n`)
      return run
    }
    const started = under('EPERM')(DEV, 'finetune:start', '--dataset-name', dataset, '--n-epochs', '1')
    expect(started.stderr).not.to.include('Error')
    const [trained] = await new RunStore(home).list()
    expect(trained!.status).to.equal('succeeded')
    for (const [code, samples] of [
      ['ENOSYS', '1'],
      ['EOPNOTSUPP', '2'],
    ] as const) {
      const evaluated = under(code)(DEV, 'eval:run', trained!.id, '--max-samples', samples)
      expect([evaluated.status, evaluated.stderr.match(/Error.*/)]).to.deep.equal([0, null])
    }
    expect(await readdir(new RunStore(home).directory(trained!.id))).not.to.include('train.lock')
  })
})
