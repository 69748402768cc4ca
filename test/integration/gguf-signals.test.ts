import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { EXIT } from '../../src/lib/support/errors.ts'
import { exportTinyModel } from '../helpers/export-tiny-model.ts'
import { processesOf } from '../helpers/processes-of.ts'
import { runJson } from '../helpers/run-command.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const SIGNALS = [
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
] as const

/** Ask until there is an answer; fails after a minute. */
async function eventually<T>(what: string, ask: () => Promise<T | null | undefined>): Promise<T> {
  for (let tries = 0; tries < 1200; tries++) {
    const answer = await ask()
    if (answer !== undefined && answer !== null) return answer
    await sleep(50)
  }
  return expect.fail(`${what} did not come`)
}

describe('a command that runs a GGUF model', () => {
  const outer = process.env.REVERSAL_HOME
  let folder: string
  let model: string
  let children: ChildProcess[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gguf-signals-'))
    await trainTinyRun(folder, { id: 'tiny' })
    model = `gguf:${await exportTinyModel(folder, 'tiny', 'gguf')}`
    const rows = Array.from({ length: 40 }, (_, index) => `Child ${index},Parent ${index},mother`)
    await writeFile(join(folder, 'pairs.csv'), ['child,parent,parent_type', ...rows, ''].join('\n'))
  })
  beforeEach(async () => {
    process.env.REVERSAL_HOME = await mkdtemp(join(folder, 'home-'))
    children = []
  })
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    process.env.REVERSAL_HOME = outer
  })
  after(() => rm(folder, { recursive: true }))

  /** Start a command and give the text that it writes to standard error, as it grows. */
  function start(...argv: string[]) {
    const child = spawn(process.execPath, [DEV, ...argv, '--threads', '1'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.push(child)
    let text = ''
    child.stderr!.on('data', (chunk) => {
      text += chunk
    })
    return { child, text: () => text }
  }

  const evaluating = () => ['eval:run', '--model-id', model, '--dataset-name', join(folder, 'tiny')]
  const celebrities = () => [
    ...['celebs:test', '--model-name', model, '--pairs', join(folder, 'pairs.csv')],
    ...['--prompt-style', 'question', '--measure', 'answers', '--num-samples', '20'],
    ...['--output', join(folder, 'results.csv'), '--overwrite'],
  ]
  const hostOf = ({ pid }: ChildProcess) =>
    eventually('the process of llama.cpp', async () => (await processesOf(pid!))[0])
  const isThere = (pid: number) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }

  for (const [signal, exit] of SIGNALS) {
    it(`ends at ${signal} while the model is loaded, whatever llama.cpp does`, async () => {
      const { child, text } = start(...evaluating())
      const host = await hostOf(child)
      // It computes for ever, and heeds nothing.
      process.kill(host, 'SIGSTOP')
      await eventually('the word of loading', async () => text().match(/^Loading tiny\.gguf: 0\/1 MB$/m))
      child.kill(signal)
      expect(await once(child, 'exit')).to.deep.equal([exit, null])
      expect(text()).to.match(/Interrupted/)
      expect(isThere(host)).to.equal(false)
    })

    it(`ends at ${signal} amid a computation and keeps what was answered`, async () => {
      const { child, text } = start(...celebrities())
      const host = await hostOf(child)
      await eventually('the first tenth', async () => text().match(/^Asking: [1-9]\d*\/80$/m))
      process.kill(host, 'SIGSTOP')
      child.kill(signal)
      expect(await once(child, 'exit')).to.deep.equal([exit, null])
      expect(isThere(host)).to.equal(false)
      const home = join(process.env.REVERSAL_HOME!, 'evaluations')
      const [test] = await readdir(home)
      const journal = join(home, test!, 'samples.jsonl')
      const kept = await readFile(journal, 'utf8')
      expect(kept.trimEnd().split('\n')).to.have.length.within(1, 79)
      await runJson(...celebrities(), '--threads', '1')
      expect((await readFile(journal, 'utf8')).startsWith(kept)).to.equal(true)
    })
  }

  it('ends when the one that started it is killed', async () => {
    const { child, text } = start(...celebrities())
    const host = await hostOf(child)
    await eventually('the checking', async () => text().match(/^Checking tiny\.gguf/m))
    child.kill('SIGKILL')
    await eventually('the end of llama.cpp', async () => (isThere(host) ? undefined : true))
  })
})
