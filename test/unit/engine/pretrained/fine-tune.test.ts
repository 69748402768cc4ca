import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { exportPretrained } from '../../../../src/lib/engine/pretrained/export.ts'
import type { FineTuningOptions } from '../../../../src/lib/engine/pretrained/fine-tune.ts'
import { fineTuneModel, planFineTuning } from '../../../../src/lib/engine/pretrained/fine-tune.ts'
import { allTargets } from '../../../../src/lib/engine/pretrained/lora.ts'
import { estimateDecodingMemory } from '../../../../src/lib/engine/pretrained/memory.ts'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import type { TrainingProgress } from '../../../../src/lib/engine/training-loop.ts'
import { failure } from '../../../helpers/failure.ts'
import { collect, TINY } from '../tiny-training.ts'
import { distance, FIXTURES, logitsOf, MODELS, readGolden } from './fixtures.ts'

const LORA = { rank: 4, alpha: 8, targets: 'all' } as const

describe('fine-tuning', () => {
  let home: string
  let count = 0
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'reversal-fine-tune-'))
  })
  after(() => rm(home, { recursive: true }))

  const settings = (more: Partial<FineTuningOptions> = {}): FineTuningOptions => ({
    path: join(FIXTURES, 'llama'),
    texts: TINY.texts,
    nEpochs: 2,
    batchSize: 4,
    learningRateMultiplier: 1,
    seed: 1,
    threads: 1,
    directory: join(home, String(count++)),
    ...more,
  })
  const lossesOf = (progress: readonly TrainingProgress[]) => progress.map(({ loss }) => loss)
  const logitsIn = async (directory: string, ids: number[][]) => {
    const { config, weights } = await readPretrained(directory)
    return logitsOf(config, weights, ids)
  }

  for (const lora of [undefined, LORA]) {
    describe(lora ? 'by LoRA' : 'of all weights', () => {
      it('lowers the loss and leaves a model, which is trained once', async () => {
        const options = settings({ lora, nEpochs: 6, validationTexts: TINY.texts.slice(0, 3) })
        const progress = await collect(fineTuneModel(options))
        expect(progress).to.have.length(18)
        expect(progress.at(-1)!.loss).to.be.below(progress[0]!.loss - 0.2)
        expect(progress.filter(({ validationLoss }) => validationLoss !== undefined)).to.have.length(6)
        expect(await collect(fineTuneModel(options))).to.deep.equal([])
      })

      it('goes on after a stop, to the same losses and logits', async () => {
        const whole = settings({ lora })
        const straight = await collect(fineTuneModel(whole))
        const stopped = settings({ lora })
        const abort = new AbortController()
        const first: TrainingProgress[] = []
        const interrupted = async () => {
          for await (const progress of fineTuneModel({ ...stopped, signal: abort.signal })) {
            first.push(progress)
            if (progress.step === 3) abort.abort()
          }
        }
        expect((await failure(interrupted())).code).to.equal('INTERRUPTED')
        const rest = await collect(fineTuneModel(stopped))
        expect(lossesOf([...first, ...rest])).to.deep.equal(lossesOf(straight))
        const { ids } = await readGolden('llama')
        expect(await logitsIn(join(stopped.directory, 'model'), ids)).to.deep.equal(
          await logitsIn(join(whole.directory, 'model'), ids),
        )
      })

      it('that diverges keeps its last checkpoint', async () => {
        const options = settings({ lora, learningRateMultiplier: 1e6, nEpochs: 20, checkpointEvery: 1 })
        expect((await failure(collect(fineTuneModel(options)))).code).to.equal('TRAINING_DIVERGED')
      })

      it('exports the model that it made', async () => {
        const options = settings({ lora })
        await collect(fineTuneModel(options))
        const { ids } = await readGolden('llama')
        const trained = await logitsIn(join(options.directory, 'model'), ids)
        for (const format of ['safetensors', 'gguf'] as const) {
          const output = join(options.directory, `export.${format}`)
          await exportPretrained({ path: join(options.directory, 'model'), format, output, name: 'tiny' })
          expect(distance(await logitsIn(output, ids), trained), format).to.be.below(1e-4)
        }
      })
    })
  }

  it('has the files that PEFT writes, key by key', async () => {
    for (const name of MODELS) {
      const path = join(FIXTURES, name)
      const options = settings({ path, lora: LORA, nEpochs: 1 })
      await collect(fineTuneModel(options))
      const read = async (folder: string) =>
        JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8'))
      const own = await read(join(options.directory, 'model'))
      const peft = await read(join(path, 'adapter'))
      expect(Object.keys(peft), name).to.include.members(Object.keys(own))
      const { target_modules: targets, base_model_name_or_path: base, ...rest } = own
      expect(targets).to.have.members(peft.target_modules)
      expect(base).to.equal(path)
      for (const [key, value] of Object.entries(rest)) expect(value, key).to.deep.equal(peft[key])
      const { config } = await readPretrained(path)
      expect(targets).to.deep.equal(allTargets(config))
    }
  })

  it('reads what PEFT trained, with its logits', async () => {
    for (const name of MODELS) {
      const { ids, arrays } = await readGolden(name)
      const { config, weights } = await readPretrained(join(FIXTURES, name, 'adapter'), {
        findBase: async () => join(FIXTURES, name),
      })
      expect(
        distance(await logitsOf(config, weights, ids), arrays.get('adapted_logits')!.data),
        name,
      ).to.be.below(1e-4)
    }
  })

  it('tells what it takes before it starts', async () => {
    const { steps, examples, parameters, memory } = await planFineTuning(settings())
    expect({ steps, examples }).to.deep.equal({ steps: 6, examples: 12 })
    expect(memory.trained).to.equal(parameters)
    expect(memory.stateBytes).to.equal(16 * parameters)
    const { config } = await readPretrained(settings().path)
    expect(estimateDecodingMemory(config)).to.be.above(4 * parameters)
    const adapter = (await planFineTuning(settings({ lora: LORA }))).memory
    expect(adapter.trained).to.be.below(parameters)
    expect(adapter.stateBytes).to.equal(4 * parameters + 16 * adapter.trained)
  })

  it('refuses in one sentence what it cannot train', async () => {
    const refusal = async (more: Partial<FineTuningOptions>) =>
      (await failure(collect(fineTuneModel(settings(more))))).message
    expect(await refusal({ texts: [] })).to.equal('The training file has no text.')
    expect(await refusal({ texts: ['a', ''] })).to.equal('Text 2 is empty.')
    expect(await refusal({ texts: ['word '.repeat(80)] })).to.match(/^Text 1 has \d+ tokens .* at most 64\.$/)
    expect(await refusal({ lora: { ...LORA, targets: ['c_attn'] } })).to.match(
      /cannot adapt the layer "c_attn" of this model: it has q_proj, k_proj, /,
    )
  })

  it('refuses a checkpoint of other settings', async () => {
    const options = settings({ nEpochs: 4, checkpointEvery: 1 })
    const abort = new AbortController()
    const run = async () => {
      for await (const _ of fineTuneModel({ ...options, signal: abort.signal })) abort.abort()
    }
    await failure(run())
    const other = await failure(collect(fineTuneModel({ ...options, batchSize: 3 })))
    expect(other.code).to.equal('CHECKPOINT_MISMATCH')
    const copy = join(home, 'other-model')
    await cp(join(FIXTURES, 'qwen2'), copy, { recursive: true })
    expect((await failure(collect(fineTuneModel({ ...options, path: copy })))).code).to.equal(
      'CHECKPOINT_MISMATCH',
    )
  })
})
