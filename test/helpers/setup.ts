import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settings } from '@oclif/core'

/** Nothing of the user's own (plugins, keys, runs, proxies, terminal width) reaches the tests. */
const home = mkdtempSync(join(tmpdir(), 'reversal-test-'))
for (const name of Object.keys(process.env)) {
  if (/^(OPENAI|WANDB|AZURE|REVERSAL)_|^NO_WANDB$|_proxy$/i.test(name)) delete process.env[name]
}
Object.assign(process.env, {
  NO_COLOR: '1',
  OCLIF_COLUMNS: '100',
  REVERSAL_CACHE_DIR: join(home, 'cache'),
  REVERSAL_CONFIG_DIR: join(home, 'config'),
  REVERSAL_DATA_DIR: join(home, 'data'),
  REVERSAL_HOME: join(home, 'runs'),
})
delete process.env.FORCE_COLOR
settings.enableAutoTranspile = false

export const mochaHooks = {
  /**
   * Only in processes that run tests, for the processes that they start. These do most of the work, half of which is
   * compiling the source, so they share compiled code. They do not count for coverage, which would be less exact with
   * cached code.
   */
  beforeAll() {
    delete process.env.NODE_V8_COVERAGE
    process.env.NODE_COMPILE_CACHE = join(home, 'compiled')
  },
}

process.on('exit', () => rmSync(home, { recursive: true, force: true }))
