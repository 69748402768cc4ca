import { InputError } from '../support/errors.ts'
import { sha256 } from '../support/files.ts'
import { plural } from '../support/numbers.ts'
import type { TrainingBudget } from './budget.ts'
import { budgetTokens, stepsWithin } from './budget.ts'
import type { CountedPositions, LossPart } from './loss-mask.ts'
import { countedPositions } from './loss-mask.ts'
import type { Objective } from './objectives.ts'
import { baseRate } from './schedule.ts'
import type { Size, TransformerConfig } from './sizes.ts'
import { countParameters, trainingFlopsPerToken } from './sizes.ts'
import type { Tokenizer } from './tokenizer.ts'
import { createTokenizer } from './tokenizer.ts'

/** Model, data and settings of a training. */
export interface TrainingSettings {
  size: Size
  /** Prompt and completion of each record as one text. */
  texts: readonly string[]
  nEpochs: number
  /** Ends the training instead of epochs. */
  budget?: TrainingBudget | undefined
  /** The part of each text that the loss covers; all of it by default. */
  lossParts?: readonly LossPart[] | undefined
  /** Texts per step. */
  batchSize: number
  /** Factor on the base learning rate. */
  learningRateMultiplier: number
  /** Share of channels that are dropped in a step (dropout.ts), below 1; 0 by default. */
  dropout?: number | undefined
  seed: number
  /** What is predicted; the next token by default. */
  objective?: Objective | undefined
}

/** The extent of a training. */
export interface TrainingPlan {
  examples: number
  /** Tokens to predict in one epoch, the end of each text among them. */
  tokensPerEpoch: number
  /** Optimizer steps of all epochs. */
  steps: number
  /** Tokens of all epochs. */
  tokens: number
  parameters: number
  /** Floating-point operations of all matrix products. */
  flops: number
}

/** A training made ready: the texts as tokens and all that follows from the settings. */
export interface PreparedTraining extends TrainingPlan {
  config: TransformerConfig
  tokenizer: Tokenizer
  sequences: readonly (readonly number[])[]
  counted: readonly CountedPositions[] | undefined
  stepsPerEpoch: number
  peakRate: number
  fingerprint: string
}

/** Longest text in tokens, its end included. */
const POSITIONS = 1024
const ROPE_THETA = 10_000
const EPSILON = 1e-5

/** Computes the extent of a training without running it. */
export async function planTraining(settings: TrainingSettings): Promise<TrainingPlan> {
  const { examples, tokensPerEpoch, steps, tokens, parameters, flops } = await prepareTraining(settings)
  return { examples, tokensPerEpoch, steps, tokens, parameters, flops }
}

/** Encode the texts and settle everything before the first step. Throws InputError for texts that cannot be trained on. */
export async function prepareTraining(settings: TrainingSettings): Promise<PreparedTraining> {
  const { size, texts, batchSize, learningRateMultiplier, objective } = settings
  if (texts.length === 0) {
    throw new InputError('The training file has no text.', { code: 'NO_TRAINING_TEXTS' })
  }
  const tokenizer = await createTokenizer(texts)
  const sequences = encodeTexts(tokenizer, texts)
  const config = {
    ...size,
    vocabulary: tokenizer.size,
    positions: POSITIONS,
    ropeTheta: ROPE_THETA,
    epsilon: EPSILON,
    ...(objective !== undefined && { objective }),
  }
  const tokensPerEpoch = sequences.reduce((total, ids) => total + ids.length + 1, 0)
  const flopsPerEpoch = sequences.reduce((total, { length }) => {
    return total + (length + 1) * trainingFlopsPerToken(config, length + 1)
  }, 0)
  const stepsPerEpoch = Math.ceil(texts.length / batchSize)
  const parameters = countParameters(config)
  const extent = trainingExtent(settings, {
    ...{ parameters, stepsPerEpoch, tokensPerEpoch },
    lengths: sequences.map(({ length }) => length),
    tokensOf: (length) => length + 1,
  })
  return {
    config,
    tokenizer,
    sequences,
    counted: settings.lossParts?.map((part, index) =>
      countedPositions(texts[index]!, part, {
        ids: sequences[index]!,
        encode: (text) => tokenizer.encode(text),
        shift: 0,
      }),
    ),
    stepsPerEpoch,
    peakRate: baseRate(objective) * learningRateMultiplier,
    fingerprint: sha256(JSON.stringify(settings)),
    examples: texts.length,
    tokensPerEpoch,
    ...extent,
    parameters,
    flops: flopsPerEpoch * (extent.tokens / tokensPerEpoch),
  }
}

/** Steps and tokens of a training: those of its epochs, or as many as its budget allows. */
export function trainingExtent(
  { budget, nEpochs, batchSize, seed }: Pick<TrainingSettings, 'budget' | 'nEpochs' | 'batchSize' | 'seed'>,
  plan: {
    parameters: number
    stepsPerEpoch: number
    tokensPerEpoch: number
    lengths: readonly number[]
    tokensOf: (length: number) => number
  },
): Pick<TrainingPlan, 'steps' | 'tokens'> {
  if (budget === undefined) {
    return { steps: plan.stepsPerEpoch * nEpochs, tokens: plan.tokensPerEpoch * nEpochs }
  }
  return stepsWithin(budgetTokens(budget, plan), { ...plan, batchSize, seed })
}

/** The tokens of each text. Throws InputError TEXT_TOO_LONG for one that is longer than the model allows. */
export function encodeTexts(tokenizer: Tokenizer, texts: readonly string[]): number[][] {
  return texts.map((text, index) => {
    const ids = tokenizer.encode(text)
    if (ids.length < POSITIONS) return ids
    const limit = `local models take at most ${POSITIONS - 1}`
    throw new InputError(`Text ${index + 1} has ${plural(ids.length, 'token')}; ${limit}.`, {
      code: 'TEXT_TOO_LONG',
    })
  })
}
