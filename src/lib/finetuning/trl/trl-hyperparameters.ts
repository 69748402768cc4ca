import { DEFAULT_LOSS } from '../../engine/loss-mask.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import type { FineTuneMethod, FineTuneRequest } from '../provider.ts'
import type { TrainerConfig } from './trainer-config.ts'

/** An adapter fits on a GPU on which the whole model does not. */
export const TRL_METHOD: FineTuneMethod = 'lora'
/** As TRL has them. */
const TRL_LORA = { rank: 16, alpha: 32, targets: 'all' } as const
/**
 * Learning rates at multiplier 1; the paper's 0.2 then gives those that TRL and its examples have, 2e-5 and 2e-4. The
 * paper's Llama was trained at 0.01 to 0.2 of the first.
 */
const TRL_BASE_RATES = { full: 1e-4, lora: 1e-3 } as const

/**
 * The hyperparameters that a run is recorded with. Throws InputError WRONG_SETTING for any that its method does not
 * have.
 */
export function trlHyperparameters({
  hyperparameters,
}: Pick<FineTuneRequest, 'hyperparameters'>): RunRecord['hyperparameters'] {
  const { nEpochs, batchSize, learningRateMultiplier, seed, method = TRL_METHOD } = hyperparameters
  const { loss = DEFAULT_LOSS } = hyperparameters
  if (loss === 'target') {
    throw new InputError('TRL does not support --loss target: use all or completion.', {
      code: 'WRONG_SETTING',
    })
  }
  const { loraRank, loraAlpha, loraTargets, dropout } = hyperparameters
  const adapter = {
    '--lora-rank': loraRank,
    '--lora-alpha': loraAlpha,
    '--lora-targets': loraTargets,
    '--dropout': dropout,
  }
  const given = Object.entries(adapter).find(([, value]) => value !== undefined)?.[0]
  if (method === 'full' && given !== undefined) {
    throw new InputError(`${given} needs --method lora.`, { code: 'WRONG_SETTING' })
  }
  return {
    n_epochs: nEpochs,
    batch_size: batchSize,
    learning_rate_multiplier: learningRateMultiplier,
    method,
    ...(method === 'lora' && {
      lora_rank: loraRank ?? TRL_LORA.rank,
      lora_alpha: loraAlpha ?? TRL_LORA.alpha,
      lora_targets: loraTargets ?? TRL_LORA.targets,
      ...(dropout !== undefined && { dropout }),
    }),
    ...(loss === 'completion' && { loss }),
    seed,
  }
}

type TaughtConfig = Pick<
  TrainerConfig,
  'epochs' | 'batch_size' | 'learning_rate' | 'lora' | 'loss' | 'seed' | 'schedule'
> &
  Pick<TrainerConfig, 'weight_decay' | 'adam_beta2' | 'max_grad_norm'>

/** The part of the trainer's configuration that follows from the hyperparameters. */
export function taughtConfig({ hyperparameters }: Pick<RunRecord, 'hyperparameters'>): TaughtConfig {
  const { n_epochs, batch_size, learning_rate_multiplier, seed = 0, dropout = 0 } = hyperparameters
  const { method, lora_rank, lora_alpha, lora_targets, loss } = hyperparameters
  const isLora = method === 'lora'
  return {
    epochs: n_epochs,
    batch_size,
    learning_rate: TRL_BASE_RATES[isLora ? 'lora' : 'full'] * learning_rate_multiplier,
    lora: isLora
      ? {
          rank: Number(lora_rank),
          alpha: Number(lora_alpha),
          dropout,
          targets: String(lora_targets),
        }
      : null,
    loss: loss === 'completion' ? 'completion' : 'text',
    seed,
    // Warm-up, cosine and AdamW as the embedded trainer has them, with the gradients clipped as TRL does.
    ...{ schedule: 'cosine', weight_decay: 0.01, adam_beta2: 0.98, max_grad_norm: 1 },
  }
}
