import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chunks } from '../support/chunks.ts'
import { InputError, InterruptedError, ReversalError } from '../support/errors.ts'
import { collate, epochBatches } from './batches.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts'
import type { DeviceOptions } from './device.ts'
import { isModel, saveModel } from './model-files.ts'
import { learningRate } from './schedule.ts'
import type { PreparedTraining, TrainingSettings } from './training-plan.ts'
import { encodeTexts, prepareTraining } from './training-plan.ts'
import { TrainingStep } from './training-step.ts'
import type { Arrays } from './weights.ts'
import { initialWeights, weightsOf } from './weights.ts'

export interface TrainOptions extends TrainingSettings, DeviceOptions {
  /** Holds `checkpoints/` and, at the end, `model/`. */
  directory: string
  /** Their loss is measured at the end of each epoch. */
  validationTexts?: readonly string[]
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  signal?: AbortSignal
}

/** Where a training stands after a step. */
export interface TrainingProgress {
  /** From 1. */
  step: number
  steps: number
  /** From 1. */
  epoch: number
  /** Mean over the step's tokens before its update, in nats. */
  loss: number
  learningRate: number
  /** Tokens trained on so far, padding not counted. */
  tokens: number
  /** Speed of this process. */
  tokensPerSecond: number
  /** File name of the checkpoint that this step saved. */
  checkpoint?: string
  /** Mean loss of the validation texts' tokens, at the end of an epoch. */
  validationLoss?: number
}

/**
 * Train a model and yield after every step. Where `directory` has checkpoints the training goes on from the newest
 * one that is whole, to the same weights as if it had never stopped; where it has the model nothing is done.
 * Throws InterruptedError, after saving a checkpoint, when `signal` aborts; InputError CHECKPOINT_MISMATCH
 * where the checkpoint is of other settings or texts; ReversalError TRAINING_DIVERGED, CHECKPOINT_CORRUPT.
 */
export async function* trainModel(options: TrainOptions): AsyncGenerator<TrainingProgress, void> {
  const {
    directory,
    validationTexts = [],
    checkpointEvery = 200,
    signal,
    device,
    threads,
    ...settings
  } = options
  const modelDirectory = join(directory, 'model')
  if (await isModel(modelDirectory)) return
  const checkpointDirectory = join(directory, 'checkpoints')
  const training = await prepareTraining(settings)
  const { config, tokenizer, sequences, steps, fingerprint } = training
  const validation = encodeTexts(tokenizer, validationTexts)
  const checkpoint = await loadCheckpoint(checkpointDirectory)
  if (checkpoint && checkpoint.fingerprint !== fingerprint) throw mismatch(checkpointDirectory)

  const model = await TrainingStep.create(
    config,
    checkpoint?.state ?? initialWeights(config, settings.seed),
    {
      ...{ device, threads },
      ...(settings.dropout && { dropout: { rate: settings.dropout, seed: settings.seed } }),
    },
  )
  const first = checkpoint?.step ?? 0
  let tokens = checkpoint?.tokens ?? 0
  let saved = checkpoint?.step
  const save = async (step: number) => {
    assertFinite(model.state, { step, saved })
    const name = await saveCheckpoint(checkpointDirectory, { step, tokens, fingerprint, state: model.state })
    saved = step
    return name
  }
  try {
    const speed = speedometer(tokens)
    for (const { step, epoch, texts, endsEpoch } of stepsAfter(first, training, settings)) {
      if (signal?.aborted) {
        await save(step - 1)
        throw new InterruptedError(`Interrupted after step ${step - 1} of ${steps}; a checkpoint is saved.`)
      }
      const rate = learningRate(step, { steps, peak: training.peakRate })
      const batch = collate(texts.map((index) => sequences[index]!))
      const loss = await model.run(batch, step, rate)
      tokens += batch.tokens
      assertConverging(loss, config.vocabulary, { step, saved })
      const progress = {
        step,
        steps,
        epoch,
        loss,
        learningRate: rate,
        tokens,
        tokensPerSecond: speed(tokens),
      }
      yield {
        ...progress,
        ...(step % checkpointEvery === 0 && { checkpoint: await save(step) }),
        ...(endsEpoch &&
          validation.length > 0 && { validationLoss: await meanLoss(model, validation, settings) }),
      }
    }
    const weights = weightsOf(config, model.state)
    assertFinite(weights, { step: steps, saved })
    await saveModel(modelDirectory, { config, tokenizer, weights })
    await rm(checkpointDirectory, { recursive: true, force: true })
  } finally {
    await model.close()
  }
}

interface StepTexts {
  /** From 1. */
  step: number
  /** From 1. */
  epoch: number
  /** Positions of its texts. */
  texts: number[]
  endsEpoch: boolean
}

function* stepsAfter(
  done: number,
  { sequences, steps, stepsPerEpoch }: PreparedTraining,
  { batchSize, seed }: TrainingSettings,
): Generator<StepTexts> {
  const lengths = sequences.map((ids) => ids.length)
  for (let epoch = Math.floor(done / stepsPerEpoch); epoch * stepsPerEpoch < steps; epoch++) {
    const batches = epochBatches(lengths, { batchSize, seed, epoch })
    for (const [index, texts] of batches.entries()) {
      const step = epoch * stepsPerEpoch + index + 1
      if (step > done) yield { step, epoch: epoch + 1, texts, endsEpoch: index + 1 === stepsPerEpoch }
    }
  }
}

/** Mean loss of all tokens of the texts. */
async function meanLoss(
  model: TrainingStep,
  sequences: readonly (readonly number[])[],
  { batchSize }: TrainingSettings,
): Promise<number> {
  const sorted = sequences.toSorted((a, b) => a.length - b.length)
  let total = 0
  let tokens = 0
  for (const texts of chunks(sorted, batchSize)) {
    const batch = collate(texts)
    total += (await model.loss(batch)) * batch.tokens
    tokens += batch.tokens
  }
  return total / tokens
}

/** Tokens a second since it was made. */
function speedometer(before: number): (tokens: number) => number {
  const start = performance.now()
  return (tokens) => ((tokens - before) * 1000) / (performance.now() - start)
}

/** A loss above this many times that of guessing means that the weights have run away. */
const DIVERGED = 2

/** The step that was just done, and that of the last checkpoint where there is one. */
interface Standing {
  step: number
  saved: number | undefined
}

function assertConverging(loss: number, vocabulary: number, { step, saved }: Standing): void {
  if (loss <= DIVERGED * Math.log(vocabulary)) return
  throw diverged(`the loss of step ${step} is ${loss.toPrecision(3)}`, saved)
}

function assertFinite(weights: Arrays, { step, saved }: Standing): void {
  for (const [name, { data }] of weights) {
    if (!data.every(Number.isFinite)) throw diverged(`${name} is not finite after step ${step}`, saved)
  }
}

function diverged(reason: string, saved: number | undefined): ReversalError {
  const kept =
    saved === undefined ? 'no checkpoint was saved before' : `the checkpoint of step ${saved} is kept`
  return new ReversalError(`The training diverged: ${reason}; ${kept}.`, {
    code: 'TRAINING_DIVERGED',
    suggestions: ['start a new run with a smaller --learning-rate-multiplier'],
  })
}

function mismatch(directory: string): InputError {
  const message = `The checkpoint in ${directory} belongs to other training texts or settings.`
  return new InputError(message, {
    code: 'CHECKPOINT_MISMATCH',
    suggestions: ['restore the file that the run was started with', 'start a new run'],
  })
}
