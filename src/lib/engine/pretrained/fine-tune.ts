import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../support/errors.ts'
import { exists, readTextIfExists, sha256 } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'
import { collateSequences } from '../batches.ts'
import type { DeviceOptions } from '../device.ts'
import type { CountedPositions } from '../loss-mask.ts'
import { countedPositions } from '../loss-mask.ts'
import type { TrainingLoop, TrainingProgress } from '../training-loop.ts'
import { runTraining } from '../training-loop.ts'
import type { TrainingPlan, TrainingSettings } from '../training-plan.ts'
import { trainingExtent } from '../training-plan.ts'
import type { Arrays } from '../weights.ts'
import type { BaseModel } from './adapter-files.ts'
import { isAdapter, saveAdapter } from './adapter-files.ts'
import type { PretrainedConfig } from './architecture.ts'
import { longestText } from './decoder-graph.ts'
import { createFineTuningStep } from './fine-tuning-step.ts'
import type { AdapterSettings } from './lora.ts'
import { adapterModules, adapterSpecs, allTargets, initialFactors } from './lora.ts'
import type { TrainingMemory } from './memory.ts'
import { estimateTrainingMemory } from './memory.ts'
import { savePretrained } from './model-folder.ts'
import { countPretrainedParameters, decoderNames, linearLayers, weightSpecs } from './parameters.ts'
import type { PretrainedTokenizer } from './pretrained-tokenizer.ts'
import type { PretrainedDescription } from './read-pretrained.ts'
import { describePretrained, readPretrained } from './read-pretrained.ts'

/** Learning rates at multiplier 1; the paper's 0.2 then gives rates that suit pretrained models of this size. */
const PRETRAINED_BASE_RATES = { full: 1.5e-3, lora: 5e-3 } as const

export interface LoraOptions {
  rank: number
  alpha: number
  /** Last parts of the names of the layers to adapt, such as `q_proj`; `all` is every linear layer. */
  targets: 'all' | readonly string[]
}

/** Model, data and settings of a fine-tuning. */
export interface FineTuneSettings extends Pick<TrainingSettings, 'budget' | 'lossParts'> {
  /** Folder or GGUF file of the model. */
  path: string
  /** Prompt and completion of each record as one text. */
  texts: readonly string[]
  nEpochs: number
  /** Texts per step. */
  batchSize: number
  /** Factor on the base learning rate of the method. */
  learningRateMultiplier: number
  seed: number
  /** If given, an adapter is trained, else all weights. */
  lora?: LoraOptions | undefined
}

export interface FineTuningOptions extends FineTuneSettings, DeviceOptions {
  /** Holds `checkpoints/` and, at the end, `model/`: a folder in Hugging Face's layout, or an adapter of PEFT's. */
  directory: string
  /** The adapter's reference to its model; by default its path. */
  base?: BaseModel | undefined
  /** Their loss is measured at the end of each epoch. */
  validationTexts?: readonly string[]
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  signal?: AbortSignal
}

export interface FineTuningPlan extends TrainingPlan {
  memory: TrainingMemory
}

/** Estimates a fine-tuning without running it. Throws as `fineTuneModel` if it cannot be trained. */
export async function planFineTuning(settings: FineTuneSettings): Promise<FineTuningPlan> {
  const { config, lora, sequences, ...plan } = await prepare(settings)
  const longest = Math.max(...sequences.map((ids) => ids.length))
  const memory = estimateTrainingMemory(config, { lora, rows: settings.batchSize, length: longest })
  const { examples, tokensPerEpoch, steps, tokens, flops } = plan
  return { examples, tokensPerEpoch, steps, tokens, flops, parameters: memory.parameters, memory }
}

/**
 * Fine-tune a pretrained model and yield after every step. Checkpoints, resuming, stopping and divergence are as in
 * `trainModel`. Throws as `readPretrained` besides, and InputError TEXT_TOO_LONG, NO_TRAINING_TEXTS, WRONG_TARGETS.
 */
export async function* fineTuneModel(options: FineTuningOptions): AsyncGenerator<TrainingProgress, void> {
  const {
    directory,
    validationTexts = [],
    checkpointEvery = 200,
    signal,
    device,
    threads,
    base,
    ...settings
  } = options
  const output = join(directory, 'model')
  if (await isFineTunedModel(output)) return
  const { path, seed, batchSize } = settings
  const { config, encoder, lora, sequences, counted, peakRate, ...plan } = await prepare(settings)
  const loop: TrainingLoop = {
    ...{ directory, sequences, peakRate, checkpointEvery, signal, batchSize, seed, counted },
    ...{ steps: plan.steps, stepsPerEpoch: plan.stepsPerEpoch, vocabulary: config.vocabulary },
    validation: encodeTexts(validationTexts, config, encoder),
    collate: collateSequences,
    fingerprint: await fingerprintTraining(settings),
    create: async (state) => {
      // A checkpoint of a whole model holds its weights.
      const weights = state && lora === undefined ? state : (await readPretrained(path, { signal })).weights
      const start = state ?? (lora && initialFactors(config, lora, seed))
      return createFineTuningStep({ config, weights, lora, state: start, device, threads })
    },
  }
  yield* runTraining(loop, async (state) => {
    if (lora === undefined) {
      await savePretrained(output, { config, encoder, weights: pick(state, weightSpecs(config)) })
    } else {
      const adapter = { settings: lora, factors: pick(state, adapterSpecs(config, lora)) }
      await saveAdapter(output, { config, encoder, adapter, base: base ?? { name: path } })
    }
    await rm(join(directory, 'checkpoints'), { recursive: true, force: true })
  })
}

/** True if the folder contains a complete fine-tuned model or adapter. */
async function isFineTunedModel(directory: string): Promise<boolean> {
  return (await isAdapter(directory)) || (await exists(join(directory, 'model.safetensors')))
}

interface Prepared extends PretrainedDescription, Omit<TrainingPlan, 'parameters'> {
  lora: AdapterSettings | undefined
  sequences: number[][]
  counted: readonly CountedPositions[] | undefined
  stepsPerEpoch: number
  peakRate: number
}

async function prepare(settings: FineTuneSettings): Promise<Prepared> {
  const { path, texts, batchSize, learningRateMultiplier } = settings
  if (texts.length === 0) {
    throw new InputError('The training file has no text.', { code: 'NO_TRAINING_TEXTS' })
  }
  const { config, encoder } = await describePretrained(path)
  const lora = settings.lora && adapterSettings(config, settings.lora)
  const sequences = encodeTexts(texts, config, encoder)
  const tokensPerEpoch = sequences.reduce((total, ids) => total + ids.length - 1, 0)
  const stepsPerEpoch = Math.ceil(texts.length / batchSize)
  const flopsPerEpoch = sequences.reduce((total, { length }) => {
    return total + (length - 1) * flopsPerToken(config, lora, length)
  }, 0)
  const parameters = countPretrainedParameters(config)
  const extent = trainingExtent(settings, {
    ...{ parameters, stepsPerEpoch, tokensPerEpoch },
    lengths: sequences.map(({ length }) => length),
    tokensOf: (length) => length - 1,
  })
  const counted = settings.lossParts?.map((part, index) =>
    countedPositions(texts[index]!, part, {
      ids: sequences[index]!.slice(0, -1),
      encode: (text) => encoder.encode(text),
      shift: -1,
    }),
  )
  return {
    ...{ config, encoder, lora, sequences, counted, stepsPerEpoch, tokensPerEpoch },
    peakRate: PRETRAINED_BASE_RATES[lora ? 'lora' : 'full'] * learningRateMultiplier,
    examples: texts.length,
    ...extent,
    flops: flopsPerEpoch * (extent.tokens / tokensPerEpoch),
  }
}

/** Forward 2 a weight, back to the inputs 2, and 2 for the gradients of trained weights (arXiv 2001.08361). */
function flopsPerToken(config: PretrainedConfig, lora: AdapterSettings | undefined, context: number): number {
  const { vocabulary, width, layers, heads, headSize } = config
  const linear = linearLayers(decoderNames(config)).reduce(
    (total, { inputs, outputs }) => total + inputs * outputs,
    0,
  )
  const weights = linear + vocabulary * width
  const factors = lora
    ? adapterModules(config, lora).reduce(
        (total, { inputs, outputs }) => total + lora.rank * (inputs + outputs),
        0,
      )
    : 0
  return (lora ? 4 : 6) * weights + 6 * factors + 12 * layers * heads * headSize * context
}

function adapterSettings(config: PretrainedConfig, { rank, alpha, targets }: LoraOptions): AdapterSettings {
  const known = allTargets(config)
  if (targets === 'all') return { rank, alpha, targets: known }
  const wrong = targets.find((target) => !known.includes(target))
  if (wrong === undefined && targets.length > 0) return { rank, alpha, targets }
  const named = wrong === undefined ? 'no layer' : `the layer ${JSON.stringify(wrong)}`
  throw new InputError(`LoRA cannot adapt ${named} of this model: it has ${known.join(', ')}.`, {
    code: 'WRONG_TARGETS',
    suggestions: ['adapt every linear layer: all'],
  })
}

/** The tokens of each text with its end. Throws InputError TEXT_TOO_LONG, and NO_TRAINING_TEXTS for an empty one. */
function encodeTexts(
  texts: readonly string[],
  config: PretrainedConfig,
  encoder: PretrainedTokenizer,
): number[][] {
  const limit = longestText(config)
  return texts.map((text, index) => {
    const ids = [...encoder.encode(text), config.special.ends[0]!]
    if (ids.length === 1) throw new InputError(`Text ${index + 1} is empty.`, { code: 'NO_TRAINING_TEXTS' })
    if (ids.length <= limit) return ids
    const message = `Text ${index + 1} has ${plural(ids.length, 'token')} with its end; this model takes at most ${limit}.`
    throw new InputError(message, { code: 'TEXT_TOO_LONG' })
  })
}

/**
 * Fingerprint of the settings and of the names and sizes of the model's files: a training resumes only if it is the
 * same.
 */
async function fingerprintTraining({ path, ...settings }: FineTuneSettings): Promise<string> {
  const files = (await stat(path)).isDirectory() ? await describeFolder(path) : [(await stat(path)).size]
  return sha256(JSON.stringify({ settings, files }))
}

async function describeFolder(directory: string) {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.safetensors')).sort()
  const sizes = await Promise.all(names.map(async (name) => [name, (await stat(join(directory, name))).size]))
  return [sizes, await readTextIfExists(join(directory, 'config.json'))]
}

function pick(state: Arrays, specs: readonly { name: string }[]): Arrays {
  return new Map(specs.map(({ name }) => [name, state.get(name)!]))
}
