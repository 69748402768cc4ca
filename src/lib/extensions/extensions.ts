import type { DatasetKind } from '../datasets/dataset-kind.ts'
import type { Transform } from '../datasets/transforms/transform.ts'
import type { EvaluatorDescriptor } from '../evaluation/evaluator.ts'
import { REPORTED_DESIGNS } from '../evaluation/evaluator.ts'
import type { ProviderDescriptor } from '../finetuning/provider.ts'
import type { ModelClient } from '../models/model-client.ts'
import type { Descriptor } from '../support/registry.ts'
import { Registry } from '../support/registry.ts'
import type { TrackerDescriptor } from '../tracking/tracker.ts'

/** Version of the doors. It rises when a plugin that was written for an older one would no longer work. */
export const apiVersion = 1

/** The doors: all built-in and plugin parts of a kind, by name. */
export interface Extensions {
  evaluators: Registry<EvaluatorDescriptor>
  models: Registry<ModelClient>
  providers: Registry<ProviderDescriptor>
  datasetKinds: Registry<DatasetKind>
  transforms: Registry<Transform>
  trackers: Registry<TrackerDescriptor>
}

/** The argument of the hook `register`: a function for each door. */
export interface Register {
  evaluator(descriptor: Versioned<EvaluatorDescriptor>): void
  model(client: Versioned<ModelClient>): void
  provider(descriptor: Versioned<ProviderDescriptor>): void
  datasetKind(descriptor: Versioned<DatasetKind>): void
  transform(descriptor: Versioned<Transform>): void
  tracker(descriptor: Versioned<TrackerDescriptor>): void
}

/** A descriptor and the version of the doors that it was written for. */
export type Versioned<Entry> = Entry & { readonly apiVersion: number }

export function createExtensions(): Extensions {
  return {
    evaluators: new Registry<EvaluatorDescriptor>({
      ...{ noun: 'evaluator', code: 'EVALUATOR', listedBy: 'eval:list' },
      findFlaw: (evaluator) =>
        evaluator.report === undefined || REPORTED_DESIGNS.includes(evaluator.report)
          ? findFlaw(evaluator)
          : `with a report other than ${REPORTED_DESIGNS.join(' or ')}`,
    }),
    models: new Registry<ModelClient>({ noun: 'model client', code: 'MODEL_CLIENT', findFlaw }),
    providers: new Registry<ProviderDescriptor>({
      ...{ noun: 'provider', code: 'PROVIDER', listedBy: 'finetune:models' },
      findFlaw: (provider) => {
        if (provider.runs !== 'here' && provider.runs !== 'elsewhere')
          return 'without runs, which must be here or elsewhere'
        const missing = (['modelOf', 'weightsOf'] as const).find(
          (name) => typeof provider[name] !== 'function',
        )
        return missing === undefined ? findFlaw(provider) : `without the function ${missing}`
      },
    }),
    datasetKinds: new Registry<DatasetKind>({
      ...{ noun: 'kind of data set', code: 'DATASET_KIND' },
      findFlaw: (kind) =>
        typeof kind.recognize === 'function' ? findFlaw(kind) : 'without the function recognize',
    }),
    transforms: new Registry<Transform>({
      ...{ noun: 'transform', code: 'TRANSFORM', listedBy: 'dataset:transform' },
      findFlaw: (transform) =>
        typeof transform.options?.properties === 'object' ? findFlaw(transform) : 'without options',
    }),
    trackers: new Registry<TrackerDescriptor>({
      ...{ noun: 'tracker', code: 'TRACKER' },
      findFlaw: (tracker) => {
        if (typeof tracker.options?.properties !== 'object') return 'without options'
        const missing = (['wanted', 'waiting'] as const).find((name) => typeof tracker[name] !== 'function')
        return missing === undefined ? findFlaw(tracker) : `without the function ${missing}`
      },
    }),
  }
}

/** The functions by which a package adds entries to the doors; each entry belongs to that package. */
export function registrar(extensions: Extensions, plugin: string): Register {
  return {
    evaluator: (entry) => extensions.evaluators.add(entry, { plugin }),
    model: (entry) => extensions.models.add(entry, { plugin }),
    provider: (entry) => extensions.providers.add(entry, { plugin }),
    datasetKind: (entry) => extensions.datasetKinds.add(entry, { plugin }),
    transform: (entry) => extensions.transforms.add(entry, { plugin }),
    tracker: (entry) => extensions.trackers.add(entry, { plugin }),
  }
}

/** Why a plugin's entry, which may not have been type-checked, is not a descriptor. */
function findFlaw(entry: Partial<Versioned<Descriptor<unknown, never>>>): string | undefined {
  if (typeof entry.open !== 'function') return 'without the function open'
  if (entry.apiVersion === undefined) return `without apiVersion (this is version ${apiVersion})`
  return entry.apiVersion === apiVersion
    ? undefined
    : `for version ${String(entry.apiVersion)} of the plugin interface, which is version ${apiVersion} here`
}
