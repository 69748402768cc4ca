import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs the tests of a suite in a new folder, with a store of runs in it. The function gives back its path. */
export function inOwnFolder(prefix: string): () => string {
  const outer = { cwd: process.cwd(), home: process.env.REVERSAL_HOME }
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), prefix))
    process.chdir(folder)
    process.env.REVERSAL_HOME = join(folder, 'home')
  })
  after(async () => {
    process.chdir(outer.cwd)
    process.env.REVERSAL_HOME = outer.home
    await rm(folder, { recursive: true })
  })
  return () => folder
}
