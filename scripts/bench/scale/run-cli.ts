import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const CLI = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))
const USAGE = new URL('../report-usage.ts', import.meta.url).href

/** What a command took. */
export interface Usage {
  seconds: number
  processorSeconds: number
  peakMiB: number
}

/** Run the built CLI in a folder, which is also its home. A command that fails throws with what it says. */
export async function runCli(args: readonly string[], folder: string): Promise<Usage> {
  const file = join(folder, 'usage.json')
  const start = performance.now()
  await promisify(execFile)(process.execPath, ['--import', USAGE, CLI, ...args], {
    cwd: folder,
    env: { ...process.env, REVERSAL_HOME: join(folder, 'home'), BENCH_USAGE: file },
    maxBuffer: Infinity,
  })
  const seconds = (performance.now() - start) / 1000
  return { seconds, ...JSON.parse(await readFile(file, 'utf8')) }
}
