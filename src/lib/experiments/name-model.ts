import { builtInExtensions } from '../extensions/built-in.ts'
import { withoutProvider } from '../finetuning/fine-tune-requests.ts'
import { localSize } from '../finetuning/local/settings.ts'
import { chooseProvider, namingModels, openTrainingProvider } from '../finetuning/open-provider.ts'
import type { RepeatableProvider } from '../finetuning/provider.ts'
import type { ReproductionOptions } from './train-and-evaluate.ts'

/** A model that a reproduction trains. */
export interface ModelToTrain {
  /** As runs are recorded with it. */
  model: string
  isPretrained: boolean
  provider: RepeatableProvider
}

/**
 * The model that the user named; a pretrained one is downloaded and checked. Throws InputError if it is not a model.
 */
export async function nameModel(
  options: Pick<
    ReproductionOptions,
    | 'cwd'
    | 'store'
    | 'model'
    | 'toolVersion'
    | 'device'
    | 'threads'
    | 'hub'
    | 'onFetching'
    | 'elsewhere'
    | 'signal'
  >,
): Promise<ModelToTrain> {
  const { cwd, store, toolVersion, device, threads, hub, onFetching, elsewhere, signal } = options
  const { providers } = builtInExtensions()
  const { entry } = chooseProvider(providers, elsewhere?.provider.name)
  const provider =
    elsewhere?.provider ??
    (await openTrainingProvider(providers, entry.name, {
      ...{ store, toolVersion, device, threads, hub, onFetching },
    }))
  const model = await namingModels(provider, { cwd, signal })(withoutProvider(options.model, entry))
  const isPretrained = entry.namesPretrained?.(model) === true
  if (!isPretrained) localSize(model)
  return { model, isPretrained, provider }
}
