import { totalmem } from 'node:os'
import type { Machines, Resources } from '../../compute/engine.ts'
import { InputError } from '../../support/errors.ts'
import { formatBytes, plural } from '../../support/numbers.ts'
import type { ClusterOptions, FineTuneRequest } from '../provider.ts'
import { readTexts } from '../texts.ts'
import type { BaseDescription } from './base-model.ts'
import { trainerModel } from './base-model.ts'
import { TRAINING_NAME, VALIDATION_NAME } from './job-folder.ts'
import type { Precision, TrainerConfig } from './trainer-config.ts'
import { taughtConfig, trlHyperparameters } from './trl-hyperparameters.ts'
import type { TrlMemory } from './trl-memory.ts'
import { estimateTrlMemory } from './trl-memory.ts'

export interface TrainingJobPlan {
  examples: number
  validationExamples: number
  steps: number
  /** Tokens of one pass, with the end of each text; counted if the tokenizer is supported, else estimated. */
  tokensPerEpoch: number
  memory: TrlMemory | undefined
  config: TrainerConfig
  resources: Resources
  warnings: string[]
}

interface PlanOptions {
  request: FineTuneRequest
  base: BaseDescription
  cluster: ClusterOptions
  /** Undefined if they could not be checked. */
  machines: Machines | undefined
  checkpointEvery: number
}

/** Texts that one GPU processes at once, unless its memory requires fewer. */
const MOST_ROWS = 16
/** For English text, if there is no tokenizer. */
const CHARACTERS_A_TOKEN = 4
/** Share of a GPU's memory that the estimate may fill. */
const ROOMY = 0.9

/**
 * Plans a training: its extent and its configuration. Throws InputError NO_TRAINING_TEXTS, TEXT_TOO_LONG,
 * WRONG_SETTING.
 */
export async function planJob(options: PlanOptions): Promise<TrainingJobPlan> {
  const { request, base, cluster, machines, checkpointEvery } = options
  const { trainingFile, validationFile } = request.dataset
  const lengths = await measureTexts(trainingFile, base)
  const validation = validationFile === undefined ? [] : await readTexts(validationFile)
  const resources = chooseResources(cluster, machines)
  const taught = taughtConfig({ hyperparameters: trlHyperparameters(request) })
  const { gpus, nodes } = resources
  const processes = Math.max(1, gpus) * nodes
  if (taught.batch_size % processes !== 0) {
    const problem = `A batch of ${taught.batch_size} texts cannot be shared equally by ${processes} GPUs`
    throw new InputError(`${problem}: change --batch-size or --gpus.`, { code: 'WRONG_SETTING' })
  }
  const room = gpus > 0 ? machines?.gpuBytes : totalmem()
  const { config, memory } = fitMemory(
    {
      ...taught,
      ...trainerModel(request.model),
      training_file: TRAINING_NAME,
      validation_file: validation.length > 0 ? VALIDATION_NAME : null,
      micro_batch_size: Math.min(MOST_ROWS, taught.batch_size / processes),
      max_length: null,
      precision: choosePrecision(cluster.precision, gpus, machines),
      gradient_checkpointing: cluster.gradientCheckpointing ?? gpus > 0,
      shard: taught.lora === null && processes > 1,
      gpus,
      checkpoint_every: checkpointEvery,
    },
    { shape: base.shape, longest: Math.max(...lengths), processes, room },
  )
  return {
    ...{ examples: lengths.length, validationExamples: validation.length, config, resources, memory },
    steps: Math.ceil(lengths.length / config.batch_size) * config.epochs,
    tokensPerEpoch: lengths.reduce((total, length) => total + length, 0),
    warnings: [
      ...memoryWarnings(memory, { room, gpus }),
      ...(base.countTokens === undefined
        ? ['The tokenizer of this model is not supported here: the number of tokens is an estimate.']
        : []),
    ],
  }
}

/** Tokens of each text with its end. Throws InputError NO_TRAINING_TEXTS, TEXT_TOO_LONG. */
async function measureTexts(
  trainingFile: string,
  { countTokens, shape }: Pick<BaseDescription, 'countTokens' | 'shape'>,
): Promise<number[]> {
  const texts = await readTexts(trainingFile)
  if (texts.every((text) => text.trim() === '')) {
    throw new InputError(`${trainingFile} has no text to train on.`, { code: 'NO_TRAINING_TEXTS' })
  }
  const lengths = texts.map((text) => (countTokens ?? estimateTokens)(text) + 1)
  const longest = Math.max(...lengths)
  if (countTokens !== undefined && shape?.positions !== undefined && longest > shape.positions) {
    const message = `A text of ${trainingFile} has ${plural(longest, 'token')} with its end; this model takes at most ${shape.positions}.`
    throw new InputError(message, { code: 'TEXT_TOO_LONG' })
  }
  return lengths
}

/** Halves the texts per pass until the estimated memory fits into `room` (bytes), or only one text is left. */
function fitMemory(
  config: TrainerConfig,
  {
    shape,
    longest,
    processes,
    room,
  }: {
    shape: BaseDescription['shape']
    /** Tokens of the longest text. */
    longest: number
    processes: number
    room: number | undefined
  },
): { config: TrainerConfig; memory: TrlMemory | undefined } {
  for (let rows = config.micro_batch_size; ; rows = Math.ceil(rows / 2)) {
    const fitted = { ...config, micro_batch_size: rows }
    const memory = shape && estimateTrlMemory(shape, fitted, { length: longest, gpus: processes })
    if (!memory || !room || memory.bytes <= ROOMY * room || rows <= 1) return { config: fitted, memory }
  }
}

function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN)
}

function chooseResources(cluster: ClusterOptions, machines: Machines | undefined): Resources {
  const { gpus = machines?.gpus ?? 0, nodes = 1, time, partition } = cluster
  return { gpus, nodes, ...(time !== undefined && { time }), ...(partition !== undefined && { partition }) }
}

function choosePrecision(
  given: Precision | undefined,
  gpus: number,
  machines: Machines | undefined,
): Precision {
  if (given !== undefined) return given
  if (gpus === 0) return 'fp32'
  return machines === undefined || machines.bf16 ? 'bf16' : 'fp16'
}

function memoryWarnings(
  memory: TrlMemory | undefined,
  { room, gpus }: { room: number | undefined; gpus: number },
): string[] {
  if (memory === undefined) {
    return ['The config.json of this model does not give its shape: the memory that it needs is unknown.']
  }
  if (room === undefined || memory.bytes <= ROOMY * room) return []
  const place = gpus > 0 ? 'on each GPU, which has' : 'of memory, and this machine has'
  const less = 'use --method lora, --gradient-checkpointing or more GPUs'
  return [`This needs about ${formatBytes(memory.bytes)} ${place} ${formatBytes(room)}: ${less}.`]
}
