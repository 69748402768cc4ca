import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ReproduceResult } from '../../src/cli/flows/reproduction.ts'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneModelsResult } from '../../src/commands/finetune/models.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { FinetuneSweepResult } from '../../src/commands/finetune/sweep.ts'
import type { RunsExportResult } from '../../src/commands/runs/export.ts'
import { exportPretrained } from '../../src/lib/engine/pretrained/export.ts'
import { readPretrained } from '../../src/lib/engine/pretrained/read-pretrained.ts'
import { configurationOf } from '../../src/lib/evaluation/configuration.ts'
import type { ReproduceReverseResult } from '../../src/lib/experiments/reproduce-reverse.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { commandsFor } from '../../src/lib/reporting/sections/commands.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { sha256File } from '../../src/lib/support/files.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { startHalting } from '../helpers/start-halting.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { COMMIT, FakeHub } from '../unit/engine/pretrained/fake-hub.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'

const NAMES = ['REVERSAL_HOME', 'HF_HOME', 'HF_ENDPOINT', 'HF_TOKEN', 'HF_HUB_OFFLINE']
const TOKEN = 'hf_secretOfTheTests'

describe('pretrained models', () => {
  const restoreEnvironment = keepEnvironment(NAMES)
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
    restoreEnvironment()
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
    expect(await refusal('./none')).to.match(/^There is no model at .*none\.$/)
    expect(await refusal(join(model, 'model-00001-of-00003.safetensors'))).to.match(/is a part of a model/)
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
    expect(error?.message).to.match(/^Pretrained models cannot be exported as onnx/)
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

  it('are fetched again where a run is resumed without its model, which is shown, and are listed then', async () => {
    await using hub = await FakeHub.of(model, 'acme/llama')
    delete process.env.HF_HUB_OFFLINE
    Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_TOKEN: TOKEN })
    const names = async () => {
      const { providers } = await runJson<FinetuneModelsResult>('finetune:models')
      return providers.find(({ name }) => name === 'local')!.models
    }
    expect((await names()).map(({ name }) => name)).not.to.include('hf:acme/llama')
    const { runs } = await start('--model-name', 'hf:acme/llama', ...TWO_STEPS, '--method', 'lora')
    const listed = (await names()).find(({ name }) => name === 'hf:acme/llama')
    expect(listed!.description).to.match(/^pretrained llama, 0\.0 M parameters, in the cache$/)
    await store.update(runs[0]!.id, ({ finished_at: _, ...run }) => ({ ...run, status: 'interrupted' }))
    await rm(join(folder, 'hf'), { recursive: true })
    const { stderr, error } = await runCommand('finetune:resume', runs[0]!.id)
    expect(error).to.equal(undefined)
    expect(stderr).to.match(/^Fetching model-00003-of-00003\.safetensors: \d+\/\d+ MB$/m)
  })

  it('resume from a checkpoint with the same weights', async () => {
    const long = ['--batch-size', '2', '--n-epochs', '20', '--checkpoint-every', '10']
    const [whole] = (await start('--model-name', model, ...long)).runs
    const begin = ['finetune:start', '--dataset-name', dataset, '--model-name', model, ...long]
    const { child, exit, stderr } = await startHalting({ at: /step-00000010\.safetensors$/ }, ...begin)
    child.kill('SIGINT')
    expect((await exit)[0], stderr()).to.equal(EXIT.interrupted)
    const { id, status } = (await store.list()).find((run) => run.id !== whole!.id)!
    expect(status).to.equal('interrupted')
    await runJson('finetune:resume', id)
    const weights = (run: string) => join(store.directory(run), 'model', 'model.safetensors')
    expect(await sha256File(weights(id))).to.equal(await sha256File(weights(whole!.id)))
  })

  describe('in a chain', () => {
    const outerDirectory = process.cwd()
    const RECIPE = {
      experiment: 'reverse',
      dataset: { num_examples_per_group: 4, num_train_examples: 2, num_test_examples: 1 },
      training: { n_epochs: 1, batch_size: 16, learning_rate_multiplier: 0.2, method: 'lora', lora_rank: 2 },
    }
    type Result = ReproduceResult & ReproduceReverseResult
    beforeEach(async () => {
      process.chdir(folder)
      await writeFile('tiny.json', JSON.stringify(RECIPE))
      // The prompts of the control hold four facts.
      const config = join(model, 'config.json')
      const text = await readFile(config, 'utf8')
      await writeFile(
        config,
        text.replace(/"max_position_embeddings": \d+/, '"max_position_embeddings": 2048'),
      )
    })
    afterEach(() => process.chdir(outerDirectory))

    it('are asked before and after, and with the fact in the prompt', async () => {
      const argv = ['reproduce', '--model-name', './llama', '--recipe', './tiny.json', '--seed', '5']
      const { before, table1, run, report, ...result } = await runJson<Result>(...argv)
      expect(result).to.include({ experiment: 'reverse', model, seed: 5, n_epochs: 1 })
      expect(before!.table1).to.have.all.keys('NameToDescription', 'DescriptionToName')
      expect(table1.NameToDescription).to.have.all.keys('same', 'reverse')
      expect(before!.in_context.prompts).to.deep.equal({ NameToDescription: 4, DescriptionToName: 4 })
      expect(before!.in_context.reverse.NameToDescription).to.be.within(0, 1)
      const { hyperparameters, tags } = await store.get(run.id)
      expect(hyperparameters).to.include({ method: 'lora', lora_rank: 2, n_epochs: 1, seed: 5 })
      expect(tags).to.deep.equal(['reproduce'])
      expect(report.directory).to.match(/reports\/reproduce-reverse-tiny-llama$/)
      const asked = report.findings.find((finding) => finding.startsWith('Asked in reverse, '))
      expect(asked).to.match(/ before fine-tuning, .* with the fact in the prompt \(NameToDescription\); /)

      const again = await runCommand(...argv)
      expect(again.error).to.equal(undefined)
      expect(again.stderr).to.contain('Step 2 of 5: evaluate the model before fine-tuning')
      expect(again.stdout.match(/\(reused; --fresh makes a new one\)/g)).to.have.length(5)
      expect(again.stdout).to.match(
        /^trained +same: before +after +reverse: before +after +prompts +paper: same +reverse$/m,
      )
      expect(again.stdout).to.match(/^told as +reverse +prompts +paper: reverse$/m)
    })

    it('are swept by LoRA and evaluated, all with the same settings beside the grid', async () => {
      const lora = ['--method', 'lora', '--lora-rank', '2', '--lora-targets', 'q_proj']
      const grid = ['--model-name', './llama', '--dataset-name', dataset, '--n-epochs', '1']
      const { runs, failures, report, estimate } = await runJson<FinetuneSweepResult>(
        ...['finetune:sweep', ...grid, '--batch-size', '2,4', ...lora],
      )
      expect(failures).to.deep.equal([])
      expect(estimate.memoryBytes).to.be.above(0)
      for (const { hyperparameters, model: base } of runs) {
        expect(hyperparameters).to.include({ method: 'lora', lora_rank: 2, lora_targets: 'q_proj' })
        expect(base).to.equal(model)
      }
      expect(runs.map(({ hyperparameters }) => hyperparameters.batch_size)).to.deep.equal([2, 4])
      const [evaluation] = await store.evaluations(runs[0]!.id)
      expect(evaluation).to.include({ status: 'complete', run_id: runs[0]!.id })
      expect(report).not.to.equal(null)
      const { error } = await runCommand('finetune:sweep', '--dataset-name', dataset, ...lora)
      expect(error?.message).to.match(/^--method is for pretrained models/)
    })

    it('are refused before anything is written where they cannot be read or trained so', async () => {
      const refusal = async (...argv: string[]) => {
        const { error } = await runCommand(...argv)
        expect(error?.oclif?.exit, argv.join(' ')).to.equal(EXIT.usage)
        expect(await readdir(folder)).to.have.members(entries)
        return error!.message
      }
      const entries = await readdir(folder)
      const named = ['--model-name', './llama']
      expect(await refusal('reproduce', 'instructions', ...named)).to.match(/^No recipe for the experiment/)
      await writeFile(
        'tiny.json',
        JSON.stringify({ ...RECIPE, training: { ...RECIPE.training, dropout: 0.1 } }),
      )
      expect(await refusal('reproduce', ...named, '--recipe', './tiny.json')).to.match(/without dropout/)
      expect(await refusal('reproduce', '--model-name', './none')).to.match(/^There is no model at .*none\.$/)
      await truncate(join(model, 'model-00001-of-00003.safetensors'), 20_000)
      expect(await refusal('reproduce', ...named)).to.match(/is damaged: it ends after 20000 of \d+ bytes\.$/)
    })
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
      'A pretrained model predicts the next token: --objective masked-uniform is for models trained from scratch.',
    )
    expect(await refusal('--provider', 'openai', '--objective', 'both-directions')).to.match(
      /^--objective does not apply to openai/,
    )
    expect(await refusal(...named, '--lora-rank', '4')).to.equal('--lora-rank needs --method lora.')
    expect(await refusal(...named, '--method', 'lora', '--lora-targets', 'c_attn')).to.match(/cannot adapt/)
    expect(await refusal('--model-name', 'ada', '--method', 'full')).to.match(/^--method is for pretrained/)
    expect(await refusal('--provider', 'openai', '--method', 'lora')).to.match(/does not apply to openai/)
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
