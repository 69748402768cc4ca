import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { expect } from 'chai'
import { forTerminal, paint } from '../../src/cli/shell/paint.ts'
import { Progress } from '../../src/cli/shell/progress.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { runCommand, runInTerminal } from '../helpers/run-command.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'

/** A title, the clipboard, a colour of one byte, a text turned round, a line overwritten. */
const HOSTILE = 'x\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x9b31m\u202eevil\u2066\rfree'
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

describe('a key that goes to another machine without encryption', () => {
  const run = async (url: string, ...more: string[]) => {
    process.env.OPENAI_API_KEY = 'sk-hush'
    try {
      return await runCommand('eval:run', '--model-id', 'some-model', '--base-url', url, ...more)
    } finally {
      delete process.env.OPENAI_API_KEY
    }
  }
  const warning =
    'Warning: the key in OPENAI_API_KEY goes to http://models.invalid/v1 without encryption, so others on the way can read it: use https:// if the server supports it.'

  it('is warned of, once', async () => {
    const { stderr } = await run('http://models.invalid/v1')
    expect(stderr.split('\n').filter((line) => line.startsWith('Warning'))).to.deep.equal([warning])
  })

  for (const url of [
    'https://models.invalid/v1',
    'http://127.0.0.1:8000/v1',
    'http://localhost/v1',
    'http://[::1]:1/v1',
  ]) {
    it(`is not where it does not: ${url}`, async () => {
      expect((await run(url)).stderr).to.not.include('Warning')
    })
  }

  it('is not mentioned beside JSON', async () => {
    expect((await run('http://models.invalid/v1', '--json')).stderr).to.equal('')
  })
})

describe('text of others', () => {
  const { REVERSAL_HOME } = process.env
  let home: string

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'text-of-others-'))
    process.env.REVERSAL_HOME = home
    const run: RunRecord = {
      ...{ id: 'ft-others11', provider: 'local', model: HOSTILE, status: 'failed', tags: [HOSTILE] },
      dataset: { name: HOSTILE, directory: HOSTILE, training_file: HOSTILE },
      hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, seed: 1 },
      ...{ created_at: '2026-11-24T09:30:00.000Z', tool_version: '0.0.0', error: HOSTILE },
      fine_tuned_model: `=${HOSTILE}`,
    }
    const store = new RunStore(home)
    await store.save(run)
    await store.log(run.id, [{ at: run.created_at, type: 'message', message: HOSTILE }])
  })
  afterEach(async () => {
    process.env.REVERSAL_HOME = REVERSAL_HOME
    await rm(home, { recursive: true })
  })

  for (const argv of [
    ['runs:list', '--all'],
    ['runs:list', '--all', '--csv'],
    ['runs:list', '--all', '--json'],
    ['runs:show', 'ft-others11'],
    ['runs:show', 'ft-others11', '--json'],
    ['finetune:watch', 'ft-others11'],
    ['eval:run', 'ft-others11'],
  ]) {
    it(`does nothing to the terminal from a record of a run: ${argv.join(' ')}`, async () => {
      const { stdout, stderr } = await runInTerminal(200, ...argv)
      expect(stdout + stderr).to.include(argv[0] === 'eval:run' ? 'ft-others11' : 'evil')
      expect(stdout + stderr).to.not.match(CONTROLS)
    })
  }

  it('does nothing to the terminal from the error message of a server', async () => {
    await writeTinyDataset(home)
    await using server = await FakeOpenAI.start({
      intercept: () => {
        throw new ApiError(400, HOSTILE)
      },
    })
    const argv = ['eval:run', '--model-id', 'gpt-4.1-mini', '--base-url', server.url, '--dataset', home]
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await runCommand(...argv, ...more)
      expect(stdout + stderr).to.include('evil')
      expect(stdout + stderr).to.not.match(CONTROLS)
    }
  })

  it('does nothing to the terminal from what a progress tells', async () => {
    const written: string[] = []
    const { write } = process.stderr
    process.stderr.write = ((text: string) => written.push(text)) as never
    try {
      const progress = new Progress()
      progress.note(HOSTILE)
      await progress.update({ label: HOSTILE, done: 1, total: 2, details: [HOSTILE] })
      progress.stop(HOSTILE)
    } finally {
      process.stderr.write = write
    }
    expect(written).to.have.length(3)
    expect(written.join('')).to.include('evil').and.not.match(CONTROLS)
  })

  it('leaves colours of our own, and takes off those of others', () => {
    delete process.env.NO_COLOR
    process.env.FORCE_COLOR = '1'
    try {
      const line = paint('red', `a ${HOSTILE}`)
      const ours = styleText('red', 'a x\ufffdevil\ufffd\ufffdfree')
      expect(line).to.equal(ours)
      expect(forTerminal(`${line}\n${styleText('red', 'others')}`)).to.equal(`${ours}\nothers`)
    } finally {
      delete process.env.FORCE_COLOR
      process.env.NO_COLOR = '1'
    }
  })
})
