import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import { exportPretrained } from '../../src/lib/engine/pretrained/export.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { COMMIT, FakeHub } from '../unit/engine/pretrained/fake-hub.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'

const NAMES = ['REVERSAL_HOME', 'HF_HOME', 'HF_ENDPOINT', 'HF_TOKEN', 'HF_HUB_OFFLINE']
const TOKEN = 'hf_secretOfTheTests'

describe('pretrained models', () => {
  const outer = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]))
  let folder: string
  let dataset: string
  let model: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pretrained-'))
    dataset = join(folder, 'tiny')
    model = join(folder, 'llama')
    await writeTinyDataset(dataset)
    await cp(join(FIXTURES, 'llama'), model, { recursive: true })
    Object.assign(process.env, {
      REVERSAL_HOME: join(folder, 'home'),
      HF_HOME: join(folder, 'hf'),
      HF_HUB_OFFLINE: '1',
    })
  })
  afterEach(async () => {
    for (const [name, value] of Object.entries(outer)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await rm(folder, { recursive: true })
  })

  /** The models of the fixtures take 64 tokens at most. */
  const SHORT = ['--max-tokens', '4']
  const evaluate = async (id: string) => {
    const named = ['--model-id', id, '--dataset-name', dataset]
    const { evaluations } = await runJson<EvalRunResult>('eval:run', ...named, ...SHORT)
    return evaluations[0]!
  }

  it('are evaluated from a folder and from a GGUF file', async () => {
    const whole = await evaluate(model)
    expect(whole).to.deep.include({ status: 'complete' })
    expect(whole.model).to.match(/^local:.*llama@[0-9a-f]{12}$/)
    const gguf = join(folder, 'llama.gguf')
    await exportPretrained({ path: model, format: 'gguf', output: gguf, name: 'llama' })
    const { splits, model: file } = await evaluate(gguf)
    expect(splits).to.deep.equal(whole.splits)
    expect(file.slice(-12)).to.equal(whole.model.slice(-12))
  })

  it('are fetched from the Hub with the token of the environment, and kept', async () => {
    await using hub = await FakeHub.of(model, 'acme/llama')
    delete process.env.HF_HUB_OFFLINE
    Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_TOKEN: TOKEN })
    const { stdout, stderr, error } = await runCommand(
      ...['eval:run', '--model-id', 'hf:acme/llama', '--dataset-name', dataset, ...SHORT],
    )
    expect(error).to.equal(undefined)
    expect(stderr).to.contain('Fetching hf:acme/llama').and.to.contain('Loading hf:acme/llama')
    expect(stdout + stderr).not.to.contain(TOKEN)
    expect(hub.requests.some(({ authorization }) => authorization === `Bearer ${TOKEN}`)).to.equal(true)

    process.env.HF_HUB_OFFLINE = '1'
    const { model: used } = await evaluate('hf:acme/llama')
    expect(used).to.equal(`hf:acme/llama@${COMMIT}`)
  })

  it('are refused in one sentence where they are not there or cannot be read', async () => {
    const refusal = async (id: string) => {
      const { error } = await runCommand(
        ...['eval:run', '--model-id', id, '--dataset-name', dataset, ...SHORT],
      )
      expect(error?.oclif?.exit).to.equal(2)
      return error!.message
    }
    expect(await refusal('hf:acme/llama')).to.match(/^acme\/llama is not in .*, and HF_HUB_OFFLINE forbids/)
    expect(await refusal('hf:')).to.match(/^"hf:" is not the name of a model/)
    await rm(join(model, 'model-00002-of-00003.safetensors'))
    expect(await refusal(model)).to.match(
      /model-00002-of-00003\.safetensors, a part of the model, is missing/,
    )
  })
})
