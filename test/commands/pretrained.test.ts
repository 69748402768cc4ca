import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { RunsExportResult } from '../../src/commands/runs/export.ts'
import { exportPretrained } from '../../src/lib/engine/pretrained/export.ts'
import { readPretrained } from '../../src/lib/engine/pretrained/read-pretrained.ts'
import { configurationOf } from '../../src/lib/evaluation/configuration.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { commandsFor } from '../../src/lib/reporting/sections/commands.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { sha256File } from '../../src/lib/support/files.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { COMMIT, FakeHub } from '../unit/engine/pretrained/fake-hub.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'

const NAMES = ['REVERSAL_HOME', 'HF_HOME', 'HF_ENDPOINT', 'HF_TOKEN', 'HF_HUB_OFFLINE']
const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const TOKEN = 'hf_secretOfTheTests'

describe('pretrained models', () => {
  const outer = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]))
  let folder: string
  let dataset: string
  let model: string
  let store: RunStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pretrained-'))
    dataset = join(folder, 'tiny')
    model = join(folder, 'llama')
    await writeTinyDataset(dataset)
    store = new RunStore(join(folder, 'home'))
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

  const TWO_STEPS = ['--batch-size', '3', '--n-epochs', '2']
  const start = (...argv: string[]) =>
    runJson<FinetuneStartResult>('finetune:start', '--dataset-name', dataset, ...argv)
  const train = async (...argv: string[]) => {
    const { runs } = await start('--model-name', model, ...TWO_STEPS, ...argv)
    return runs[0]!
  }
  const evaluateRun = async ({ id }: RunRecord) =>
    (await runJson<EvalRunResult>('eval:run', id, ...SHORT)).evaluations[0]!
  const exportTo = async ({ id }: RunRecord, format: string) => {
    const output = join(folder, `${id}-${format}`) + (format === 'gguf' ? '.gguf' : '')
    await runJson<RunsExportResult>('runs:export', id, '--format', format, '--output', output)
    return output
  }
  /** The command that a report prints to make a run again. */
  const again = (run: RunRecord) =>
    commandsFor([{ run, evaluations: [] } as never], {
      providers: builtInExtensions().providers,
      ...{ name: 'again', celebrities: [], margin: 0.05 },
    })[0]!

  it('are fine-tuned as a whole, evaluated and exported', async () => {
    const run = await train('--tag', 'eval')
    expect(run).to.deep.include({ provider: 'local', model, status: 'succeeded', tags: ['eval'] })
    expect(run.fine_tuned_model).to.equal(`local/llama:${run.id}`)
    expect(run.hyperparameters).to.deep.equal({
      ...{ n_epochs: 2, batch_size: 3, learning_rate_multiplier: 0.2, method: 'full', seed: 42 },
    })
    expect(run.progress).to.include({ step: 2, total_steps: 2 })
    expect(again(run)).to.contain(`--model-name ${model}`).and.to.contain('--method full')
    const { model: id, splits } = await evaluateRun(run)
    expect(id).to.equal(run.fine_tuned_model)
    expect((await evaluate(await exportTo(run, 'safetensors'))).splits).to.deep.equal(splits)
    expect((await evaluate(await exportTo(run, 'gguf'))).splits).to.deep.equal(splits)
    const { error } = await runCommand('runs:export', run.id, '--format', 'onnx')
    expect(error?.oclif?.exit).to.equal(EXIT.usage)
    expect(error?.message).to.match(/^A pretrained model is not exported as onnx/)
  })

  it('are fine-tuned by LoRA, and are another configuration then', async () => {
    const lora = ['--method', 'lora', '--lora-rank', '4', '--lora-alpha', '8']
    const run = await train(...lora, '--lora-targets', 'q_proj,v_proj')
    expect(run.hyperparameters).to.include({
      ...{ method: 'lora', lora_rank: 4, lora_alpha: 8, lora_targets: 'q_proj,v_proj' },
    })
    expect(again(run)).to.contain('--lora-rank 4 --lora-alpha 8')
    expect(again(run)).to.contain('--method lora --lora-targets q_proj,v_proj')
    const other = await train(...lora)
    expect(configurationOf({ run })).not.to.equal(configurationOf({ run: other }))
    const written = join(store.directory(run.id), 'model', 'adapter_config.json')
    expect(JSON.parse(await readFile(written, 'utf8'))).to.deep.include({ r: 4, lora_alpha: 8 })
    const { splits } = await evaluateRun(run)
    const merged = await exportTo(run, 'safetensors')
    expect((await evaluate(merged)).splits).to.deep.equal(splits)
    const name = 'model.layers.0.self_attn.q_proj.weight'
    const [before, after] = await Promise.all([readPretrained(model), readPretrained(merged)])
    expect(after.weights.get(name)!.data).not.to.deep.equal(before.weights.get(name)!.data)
  })

  it('are pinned to a commit where they come from the Hub', async () => {
    await using hub = await FakeHub.of(model, 'acme/llama')
    delete process.env.HF_HUB_OFFLINE
    Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_TOKEN: TOKEN })
    const { runs } = await start('--model-name', 'hf:acme/llama', ...TWO_STEPS, '--method', 'lora')
    process.env.HF_HUB_OFFLINE = '1'
    const [run] = runs as [RunRecord]
    expect(run).to.include({ model: `hf:acme/llama@${COMMIT}`, status: 'succeeded' })
    expect(run.fine_tuned_model).to.equal(`local/llama:${run.id}`)
    expect(JSON.stringify(run)).not.to.contain(TOKEN)
    expect((await evaluateRun(run)).status).to.equal('complete')
    await exportTo(run, 'gguf')
  })

  it('resume from a checkpoint with the same weights', async () => {
    const long = ['--batch-size', '2', '--n-epochs', '400', '--checkpoint-every', '10']
    const [whole] = (await start('--model-name', model, ...long)).runs
    const args = [DEV, 'finetune:start', '--dataset-name', dataset, '--model-name', model, ...long]
    const child = spawn(process.execPath, args, { stdio: 'ignore' })
    const exit = once(child, 'exit')
    const { id } = await eventually('a run under way', async () =>
      (await store.list()).find(({ progress, status }) => status === 'running' && progress!.step > 0),
    )
    child.kill('SIGINT')
    expect((await exit)[0]).to.equal(EXIT.interrupted)
    expect((await store.get(id)).status).to.equal('interrupted')
    await runJson('finetune:resume', id)
    const weights = (run: string) => join(store.directory(run), 'model', 'model.safetensors')
    expect(await sha256File(weights(id))).to.equal(await sha256File(weights(whole!.id)))
  })

  it('are refused in one sentence, and leave no run, where something is wrong', async () => {
    const refusal = async (...argv: string[]) => {
      const { error } = await runCommand('finetune:start', '--dataset-name', dataset, ...argv)
      expect(error?.oclif?.exit, argv.join(' ')).to.equal(EXIT.usage)
      expect(await store.list()).to.deep.equal([])
      return error!.message
    }
    const named = ['--model-name', model]
    expect(await refusal('--model-name', './nowhere')).to.match(/^There is no model at .*nowhere\.$/)
    expect(await refusal('--model-name', 'hf:acme/llama')).to.match(/^acme\/llama is not in /)
    expect(await refusal(...named, '--dropout', '0.1')).to.match(/without dropout/)
    expect(await refusal(...named, '--objective', 'masked-uniform')).to.equal(
      'A pretrained model predicts the next token: --objective masked-uniform is for models that are trained from nothing.',
    )
    expect(await refusal('--provider', 'openai', '--objective', 'both-directions')).to.match(
      /^--objective means nothing to openai/,
    )
    expect(await refusal(...named, '--lora-rank', '4')).to.equal('--lora-rank needs --method lora.')
    expect(await refusal(...named, '--method', 'lora', '--lora-targets', 'c_attn')).to.match(/cannot adapt/)
    expect(await refusal('--model-name', 'ada', '--method', 'full')).to.match(/^--method is for pretrained/)
    expect(await refusal('--provider', 'openai', '--method', 'lora')).to.match(/means nothing to openai/)
    const config = join(model, 'config.json')
    const text = await readFile(config, 'utf8')
    await writeFile(config, text.replace('"intermediate_size": 40', '"intermediate_size": 48'))
    expect(await refusal(...named)).to.match(/has the shape \[40,32\], and the configuration asks for/)
    await writeFile(config, text.replace('"llama"', '"mamba"'))
    expect(await refusal(...named)).to.match(/a model of type "mamba", and the engine knows llama/)
    await writeFile(config, text)
    await truncate(join(model, 'model-00001-of-00003.safetensors'), 20_000)
    expect(await refusal(...named)).to.match(/is damaged: it ends after 20000 of \d+ bytes\.$/)
  })
})
