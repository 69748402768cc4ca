import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { EXIT } from '../../src/lib/support/errors.ts'
import { eventually } from '../helpers/eventually.ts'
import { exportTinyModel } from '../helpers/export-tiny-model.ts'
import { processesOf } from '../helpers/processes-of.ts'
import { runJson } from '../helpers/run-command.ts'
import { trainTinyRun } from '../helpers/train-tiny-run.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const STOP_AFTER_ANSWERS = new URL('../fixtures/support/stop-after-answers.ts', import.meta.url)
/** A fourth of the 80 that are asked for; the check of the model asks for four more. */
const ANSWERS = 24
const SIGNALS = [
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
] as const

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

  /** From so many answers on llama.cpp computes for ever, on however fast a machine, and heeds nothing. */
  const stopping = (answers: number) => ({
    NODE_OPTIONS: `--import=${STOP_AFTER_ANSWERS}`,
    STOP_AFTER: String(answers),
  })

  /** Start a command and give the text that it writes to standard error, as it grows. */
  function start(argv: readonly string[], { stopAfter }: { stopAfter?: number } = {}) {
    const child = spawn(process.execPath, [DEV, ...argv, '--threads', '1'], {
      env: { ...process.env, ...(stopAfter !== undefined && stopping(stopAfter)) },
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
      const { child, text } = start(evaluating(), { stopAfter: 0 })
      const host = await hostOf(child)
      await eventually('the word of loading', () => /^Loading tiny\.gguf: 0\/1 MB$/m.test(text()))
      child.kill(signal)
      expect(await once(child, 'exit')).to.deep.equal([exit, null])
      expect(text()).to.match(/Interrupted/)
      expect(isThere(host)).to.equal(false)
    })

    it(`ends at ${signal} amid a computation and keeps what was answered`, async () => {
      const { child, text } = start(celebrities(), { stopAfter: ANSWERS })
      const host = await hostOf(child)
      await eventually('the first tenth', () => /^Asking: [1-9]\d*\/80$/m.test(text()))
      child.kill(signal)
      expect(await once(child, 'exit')).to.deep.equal([exit, null])
      expect(isThere(host)).to.equal(false)
      const home = join(process.env.REVERSAL_HOME!, 'evaluations')
      const [test] = await readdir(home)
      const journal = join(home, test!, 'samples.jsonl')
      const kept = await readFile(journal, 'utf8')
      expect(kept.trimEnd().split('\n')).to.have.length.within(1, ANSWERS)
      await runJson(...celebrities(), '--threads', '1')
      expect((await readFile(journal, 'utf8')).startsWith(kept)).to.equal(true)
    })
  }

  it('ends when the one that started it is killed', async () => {
    const { child, text } = start(celebrities())
    const host = await hostOf(child)
    await eventually('the checking', () => /^Checking tiny\.gguf/m.test(text()))
    child.kill('SIGKILL')
    await eventually('the end of llama.cpp', () => !isThere(host))
  })
})
