import { join } from 'node:path'
import { chunks } from '../support/chunks.ts'
import { InputError, InterruptedError, ReversalError } from '../support/errors.ts'
import { epochBatches } from './batches.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts'
import type { Collate } from './collating.ts'
import type { CountedPositions } from './loss-mask.ts'
import { countOnly } from './loss-mask.ts'
import { learningRate } from './schedule.ts'
import type { TrainingStep } from './training-step.ts'
import type { Arrays } from './weights.ts'

/** Progress of a training after a step. */
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

type Sequence = readonly number[]

export interface TrainingLoop {
  /** Holds `checkpoints/`. */
  directory: string
  sequences: readonly Sequence[]
  /** Their loss is measured at the end of each epoch. */
  validation: readonly Sequence[]
  collate: Collate
  /** Positions of each sequence that the loss covers; by default all. Validation always covers all. */
  counted?: readonly CountedPositions[] | undefined
  batchSize: number
  seed: number
  steps: number
  stepsPerEpoch: number
  peakRate: number
  /** Identifies settings, texts and the model that is started from. */
  fingerprint: string
  vocabulary: number
  checkpointEvery: number
  signal: AbortSignal | undefined
  /** The model to train, from a checkpoint's state or from its start. */
  create(state: Arrays | undefined): Promise<TrainingStep>
}

/**
 * Trains and yields after every step; `finish` receives the trained weights at the end. If `directory` has checkpoints,
 * the training resumes from the newest intact one. Throws as `trainModel`.
 */
export async function* runTraining(
  loop: TrainingLoop,
  finish: (state: Arrays) => Promise<void>,
): AsyncGenerator<TrainingProgress, void> {
  const { steps, vocabulary, fingerprint, signal } = loop
  const checkpointDirectory = join(loop.directory, 'checkpoints')
  const { model, ...start } = await createFrom(checkpointDirectory, loop)
  let { tokens, step: saved } = start
  const save = async (step: number) => {
    assertFinite(model.state, { step, saved })
    const name = await saveCheckpoint(checkpointDirectory, { step, tokens, fingerprint, state: model.state })
    saved = step
    return name
  }
  try {
    const speed = speedometer(tokens)
    for (const { step, epoch, texts, endsEpoch } of stepsAfter(saved ?? 0, loop)) {
      if (signal?.aborted) {
        await save(step - 1)
        throw new InterruptedError(`Interrupted after step ${step - 1} of ${steps}; a checkpoint is saved.`)
      }
      const rate = learningRate(step, { steps, peak: loop.peakRate })
      const batch = loop.collate(
        texts.map((index) => loop.sequences[index]!),
        { step, epoch, texts },
      )
      if (loop.counted !== undefined)
        countOnly(
          batch,
          texts.map((index) => loop.counted![index]!),
        )
      const loss = await model.run(batch, step, rate)
      tokens += batch.tokens
      assertConverging(loss, vocabulary, { step, saved })
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
        ...(step % loop.checkpointEvery === 0 && { checkpoint: await save(step) }),
        ...(endsEpoch && loop.validation.length > 0 && { validationLoss: await meanLoss(model, loop) }),
      }
    }
    assertFinite(model.state, { step: steps, saved })
    await finish(model.state)
  } finally {
    await model.close()
  }
}

/** The model, from a checkpoint if there is one. What was read is released: the model has its own arrays. */
async function createFrom(
  directory: string,
  { fingerprint, create }: TrainingLoop,
): Promise<{ model: TrainingStep; tokens: number; step: number | undefined }> {
  const checkpoint = await loadCheckpoint(directory)
  if (checkpoint && checkpoint.fingerprint !== fingerprint) throw mismatch(directory)
  const model = await create(checkpoint?.state)
  return { model, tokens: checkpoint?.tokens ?? 0, step: checkpoint?.step }
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
  { sequences, steps, stepsPerEpoch, batchSize, seed }: TrainingLoop,
): Generator<StepTexts> {
  const lengths = sequences.map((ids) => ids.length)
  for (let epoch = Math.floor(done / stepsPerEpoch); epoch * stepsPerEpoch < steps; epoch++) {
    const batches = epochBatches(lengths, { batchSize, seed, epoch })
    for (const [index, texts] of batches.entries()) {
      const step = epoch * stepsPerEpoch + index + 1
      if (step > steps) return
      const endsEpoch = index + 1 === stepsPerEpoch || step === steps
      if (step > done) yield { step, epoch: epoch + 1, texts, endsEpoch }
    }
  }
}

/** Mean loss of all tokens of the texts that are not trained on. */
async function meanLoss(
  model: TrainingStep,
  { validation, batchSize, collate }: TrainingLoop,
): Promise<number> {
  const sorted = validation.toSorted((a, b) => a.length - b.length)
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

/** A loss above this many times that of guessing means that the weights have diverged. */
const DIVERGED = 2

/** The last step, and that of the last checkpoint if there is one. */
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
    if (!allFinite(data)) throw diverged(`${name} is not finite after step ${step}`, saved)
  }
}

/** Whether all are finite. One call per number took seconds for the weights of a pretrained model. */
function allFinite(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false
  return true
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
