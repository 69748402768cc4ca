import { totalmem } from 'node:os'
import type { FineTuneSettings } from '../../engine/pretrained/fine-tune.ts'
import { planFineTuning } from '../../engine/pretrained/fine-tune.ts'
import type { DownloadProgress } from '../../engine/pretrained/hub/download.ts'
import { HUB_PREFIX } from '../../engine/pretrained/hub/repository.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import type { LocatedModel } from '../../engine/pretrained/locate.ts'
import { locatePretrained } from '../../engine/pretrained/locate.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { roomyBytes } from '../../support/memory.ts'
import { formatBytes } from '../../support/numbers.ts'
import type { FineTuneEstimate } from '../provider.ts'
import { trainingSeconds } from './estimate.ts'
import { LORA_DEFAULTS } from './pretrained-hyperparameters.ts'
import { budgetOf } from './settings.ts'

export interface BaseModelOptions {
  hub?: ReadHubSettings | undefined
  signal?: AbortSignal | undefined
  onFetching?: ((progress: DownloadProgress) => void) | undefined
}

type Recorded = Pick<RunRecord, 'model' | 'hyperparameters'>

/** The files of the model that a run starts from, downloaded if they are missing. Throws as `locatePretrained`. */
export async function locateBase(
  name: string,
  { hub, signal, onFetching, cwd = '' }: BaseModelOptions & { cwd?: string },
): Promise<LocatedModel> {
  if (!name.startsWith(HUB_PREFIX)) {
    // Such a path does not need the Hub.
    const none = { endpoint: '', cacheDirectory: '', offline: true }
    return locatePretrained(name, { ...none, cwd })
  }
  if (hub === undefined) throw new Error(`The location of ${name} is unknown.`)
  return locatePretrained(name, { ...(await hub()), cwd, signal, onProgress: onFetching })
}

/** A run as settings for the engine; `path` is that of its model. */
export function fineTuneSettings(
  { hyperparameters }: Recorded,
  { path, texts, lossParts }: Pick<FineTuneSettings, 'path' | 'texts' | 'lossParts'>,
): FineTuneSettings {
  const { method, lora_rank, lora_alpha, lora_targets } = hyperparameters
  const targets = String(lora_targets ?? LORA_DEFAULTS.targets)
  return {
    ...{ path, texts },
    nEpochs: hyperparameters.n_epochs,
    batchSize: hyperparameters.batch_size,
    learningRateMultiplier: hyperparameters.learning_rate_multiplier,
    seed: hyperparameters.seed ?? 0,
    ...budgetOf(hyperparameters),
    ...(lossParts && { lossParts }),
    ...(method === 'lora' && {
      lora: {
        rank: Number(lora_rank ?? LORA_DEFAULTS.rank),
        alpha: Number(lora_alpha ?? LORA_DEFAULTS.alpha),
        targets: targets === 'all' ? targets : targets.split(',').map((target) => target.trim()),
      },
    }),
  }
}

/** As `estimateLocalTraining`, of a model that was pretrained. Throws as `planFineTuning`. */
export async function estimateFineTuning(
  settings: FineTuneSettings,
  {
    earlier,
    validationTexts = [],
    machineBytes = totalmem(),
  }: {
    earlier: readonly RunRecord[]
    validationTexts?: readonly string[]
    /** Memory of this machine. */
    machineBytes?: number
  },
): Promise<FineTuneEstimate> {
  const { examples, tokensPerEpoch, steps, tokens, flops, memory } = await planFineTuning(settings)
  // An unreadable text there would end the run after its first epoch.
  if (validationTexts.length > 0) await planFineTuning({ ...settings, texts: validationTexts })
  const durationS = await trainingSeconds({ tokens, flops }, earlier)
  const warnings = memory.bytes > roomyBytes(machineBytes) ? [memoryWarning(memory.bytes, machineBytes)] : []
  const { bytes: memoryBytes } = memory
  return { examples, tokensPerEpoch, steps, tokens, durationS, costUsd: 0, memoryBytes, warnings }
}

function memoryWarning(bytes: number, machineBytes: number): string {
  return `This needs about ${formatBytes(bytes)} of memory; this machine has ${formatBytes(machineBytes)}: --method lora and a smaller --batch-size need less.`
}
