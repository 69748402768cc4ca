import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepEnvironment } from './keep-environment.ts'

/**
 * Runs the tests of a suite in a new folder, with their own store of runs (`home`) and cache of answers (`cache`) in it.
 * With `each`, every test gets a new folder. Returns a function that gives the folder's path.
 */
export function inOwnFolder(prefix: string, { each = false }: { each?: boolean } = {}): () => string {
  const outer = process.cwd()
  const restoreEnvironment = keepEnvironment(['REVERSAL_HOME', 'REVERSAL_CACHE_DIR'])
  let folder = ''
  const enter = async () => {
    folder = await mkdtemp(join(tmpdir(), prefix))
    process.chdir(folder)
    process.env.REVERSAL_HOME = join(folder, 'home')
    process.env.REVERSAL_CACHE_DIR = join(folder, 'cache')
  }
  const leave = async () => {
    process.chdir(outer)
    restoreEnvironment()
    await rm(folder, { recursive: true })
  }
  if (each) {
    beforeEach(enter)
    afterEach(leave)
  } else {
    before(enter)
    after(leave)
  }
  return () => folder
}
