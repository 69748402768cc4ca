import type { DatasetManifest } from '../../schemas/manifest.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { plural } from '../../support/plural.ts'

export interface LabelledRun {
  run: RunRecord
  manifest?: DatasetManifest | undefined
}

/** What a name says of a hyperparameter, such as "batch 16". */
const HYPERPARAMETERS: Readonly<Record<string, (value: unknown) => string>> = {
  learning_rate_multiplier: (value) => `rate × ${value}`,
  batch_size: (value) => `batch ${value}`,
  n_epochs: (value) => plural(Number(value), 'epoch'),
}

/**
 * A label for each run, in their order. Runs that differ in their seed at most, also the seed of their data set, have
 * the same one; it says no more than what tells the groups apart: "ada", or "ada, batch 16".
 */
export function groupLabels(runs: readonly LabelledRun[]): string[] {
  const traits = runs.map(traitsOf)
  const keys = [...new Set(traits.flatMap((own) => [...own.keys()]))]
  const telling = keys.filter((key) => key === 'model' || new Set(traits.map((own) => own.get(key))).size > 1)
  return traits.map((own) => telling.flatMap((key) => own.get(key) ?? []).join(', '))
}

/** What makes up a run but for its seeds, in words. */
function traitsOf({ run, manifest }: LabelledRun): Map<string, string> {
  const { seed: _seed, ...hyperparameters } = run.hyperparameters
  const data = Object.entries(manifest?.options ?? {}).filter(([, value]) => typeof value !== 'object')
  return new Map([
    ['model', run.model],
    ['provider', run.provider],
    ...Object.entries(hyperparameters).map(
      ([name, value]) => [name, HYPERPARAMETERS[name]?.(value) ?? `${words(name)} ${value}`] as const,
    ),
    ...(manifest === undefined ? [['dataset', run.dataset.name] as const] : []),
    ...data.map(([name, value]) => [`data ${name}`, `${value} ${words(name.replace(/^num_/, ''))}`] as const),
  ])
}

function words(name: string): string {
  return name.replaceAll('_', ' ')
}
