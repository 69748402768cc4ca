import { DEFAULT_OBJECTIVE } from '../../engine/objectives.ts'
import { namesPretrained } from '../../engine/pretrained/names-pretrained.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import type { FineTuneMethod, FineTuneRequest } from '../provider.ts'
import { recordedExtent } from './settings.ts'

type Asked = FineTuneRequest['hyperparameters']

export const DEFAULT_METHOD: FineTuneMethod = 'full'
/** As PEFT's examples have them, with a scale of 2. */
export const LORA_DEFAULTS = { rank: 16, alpha: 32, targets: 'all' } as const
/**
 * The hyperparameters that a run is recorded with. Throws InputError WRONG_SETTING for any that its model or method
 * does not have.
 */
export function pretrainedHyperparameters(asked: Asked): RunRecord['hyperparameters'] {
  const { nEpochs, batchSize, learningRateMultiplier, seed, method = DEFAULT_METHOD } = asked
  const { loraRank = LORA_DEFAULTS.rank, loraAlpha = LORA_DEFAULTS.alpha } = asked
  const { loraTargets = LORA_DEFAULTS.targets } = asked
  if (asked.dropout !== undefined && asked.dropout !== 0) {
    throw wrongSetting('Pretrained models are trained without dropout: leave out --dropout.')
  }
  const { objective = DEFAULT_OBJECTIVE } = asked
  if (objective !== DEFAULT_OBJECTIVE) {
    throw wrongSetting(
      `A pretrained model predicts the next token: --objective ${objective} is for models trained from scratch.`,
    )
  }
  if (method === 'full') {
    const given = loraFlag(asked)
    if (given !== undefined) throw wrongSetting(`${given} needs --method lora.`)
  }
  return {
    n_epochs: nEpochs,
    batch_size: batchSize,
    learning_rate_multiplier: learningRateMultiplier,
    method,
    ...(method === 'lora' && { lora_rank: loraRank, lora_alpha: loraAlpha, lora_targets: loraTargets }),
    ...recordedExtent(asked),
    seed,
  }
}

/** Throws InputError WRONG_SETTING for what only pretrained models take. */
export function refusePretrainedSettings(model: string, asked: Asked): void {
  const given = asked.method === undefined ? loraFlag(asked) : '--method'
  if (given === undefined || namesPretrained(model)) return
  throw wrongSetting(
    `${given} is for pretrained models, but ${model} is trained from scratch: use --model-name hf:ORG/NAME or a folder.`,
  )
}

function loraFlag({ loraRank, loraAlpha, loraTargets }: Asked): string | undefined {
  if (loraRank !== undefined) return '--lora-rank'
  if (loraAlpha !== undefined) return '--lora-alpha'
  return loraTargets === undefined ? undefined : '--lora-targets'
}

function wrongSetting(message: string): InputError {
  return new InputError(message, { code: 'WRONG_SETTING' })
}
