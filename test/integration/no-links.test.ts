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

  for (const code of ['EPERM', 'ENOSYS', 'EOPNOTSUPP'] as const) {
    it(`that answers ${code}, a model is trained and evaluated`, async () => {
      const home = join(folder, code)
      const dataset = join(folder, 'tiny')
      await writeTinyDataset(dataset)
      const env = {
        ...process.env,
        REVERSAL_HOME: home,
        LD_PRELOAD: library,
        NO_LINKS: String(constants.errno[code]),
      }
      const run = (...argv: string[]) => spawnSync(process.execPath, argv, { encoding: 'utf8', env })
      expect(run('-e', `require('fs').linkSync('${SOURCE}', '${home}')`).stderr).to.include(code)
      const started = run(DEV, 'finetune:start', '--dataset-name', dataset, '--n-epochs', '1')
      expect(started.stderr).not.to.include('Error')
      const [trained] = await new RunStore(home).list()
      expect(trained!.status).to.equal('succeeded')
      const evaluated = run(DEV, 'eval:run', trained!.id, '--max-samples', '1')
      expect([evaluated.status, evaluated.stderr.match(/Error.*/)]).to.deep.equal([0, null])
      expect(await readdir(new RunStore(home).directory(trained!.id))).not.to.include('train.lock')
    })
  }
})
