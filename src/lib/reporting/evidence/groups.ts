import { basename } from 'node:path'
import { shortModelName } from '../../engine/pretrained/names-pretrained.ts'
import type { ConfiguredRun } from '../../evaluation/configuration.ts'
import { configurationOf, fileOfRecipe, hyperparametersOf } from '../../evaluation/configuration.ts'
import { sha256 } from '../../support/files.ts'
import { plural } from '../../support/numbers.ts'

/** Hyperparameters in labels, such as "batch 16". */
const HYPERPARAMETERS: Readonly<Record<string, (value: unknown) => string>> = {
  learning_rate_multiplier: (value) => `rate × ${value}`,
  batch_size: (value) => `batch ${value}`,
  n_epochs: (value) => plural(Number(value), 'epoch'),
  token_budget: (value) => plural(Number(value), 'token'),
}

/** Always part of a label; everything else only if it distinguishes runs. */
const ALWAYS: ReadonlySet<string> = new Set(['model', 'label'])

/** Digits of a checksum that distinguish two files. */
const HASH_LENGTH = 8

interface Group {
  key: string
  members: ConfiguredRun[]
  label: string
}

/**
 * A label for each run, in their order: two runs have the same label if and only if they have the same configuration,
 * which is everything that affects the result except the seeds of run and data set. It consists of the model, the
 * user's label or suffix, and only what distinguishes the groups: "ada", or "ada, batch 16", or "ada, baseline".
 */
export function groupLabels(runs: readonly ConfiguredRun[]): string[] {
  const alike = Map.groupBy(runs, configurationOf)
  const groups = [...alike].map(([key, members]): Group => ({ key, members, label: '' }))
  // Words that distinguish runs on one kind of data would only lengthen the labels of others.
  for (const kind of Map.groupBy(groups, ({ members }) => members[0]!.manifest?.kind).values()) name(kind)
  for (const clash of Map.groupBy(groups, ({ label }) => label).values()) tellApart(clash)
  return runs.map((run) => groups.find(({ members }) => members.includes(run))!.label)
}

function name(groups: readonly Group[]): void {
  const traits = groups.map(({ members }) => merge(members.map(traitsOf)))
  shortenModels(traits)
  const keys = [...new Set(traits.flatMap((own) => [...own.keys()]))]
  const isFirst = (key: string) => Number(ALWAYS.has(key))
  const ordered = keys.toSorted((a, b) => isFirst(b) - isFirst(a))
  const telling = ordered.filter(
    (key) => ALWAYS.has(key) || new Set(traits.map((own) => own.get(key))).size > 1,
  )
  for (const [index, group] of groups.entries()) {
    group.label = telling.flatMap((key) => traits[index]!.get(key) ?? []).join(', ')
  }
}

/** Leaves out the organization, commit or folder of pretrained models unless that distinguishes two of them. */
function shortenModels(traits: readonly Map<string, string>[]): void {
  const models = new Set(traits.map((own) => own.get('model')!))
  const bearers = Map.groupBy(models, shortModelName)
  for (const own of traits) {
    const short = shortModelName(own.get('model')!)
    if (bearers.get(short)?.length === 1) own.set('model', short)
  }
}

/**
 * Groups with the same label get the name of their data set, the checksum of their training file, or that of their
 * whole configuration.
 */
function tellApart(clash: readonly Group[]): void {
  if (clash.length < 2) return
  const only = (values: readonly (string | undefined)[]) =>
    new Set(values).size === 1 ? values[0] : undefined
  const candidates = [
    clash.map(({ members }) => only(members.map(({ run }) => run.dataset.name))),
    clash.map(({ members }) => {
      const checksum = only(members.map(({ trainingSha256 }) => trainingSha256))
      return checksum && `training file ${checksum.slice(0, HASH_LENGTH)}`
    }),
    clash.map(({ key }) => `configuration ${sha256(key).slice(0, HASH_LENGTH)}`),
  ]
  const words = candidates.find((own) => !own.includes(undefined) && new Set(own).size === own.length)!
  for (const [index, group] of clash.entries()) group.label += `, ${words[index]}`
}

/** The traits of a run's configuration, without its seeds, in words. */
function traitsOf(configured: ConfiguredRun): Map<string, string> {
  const { run, manifest } = configured
  const options = Object.entries(manifest?.options ?? {}).filter(([, value]) => typeof value !== 'object')
  const label = run.label ?? run.suffix
  const made = fileOfRecipe(configured)
  const { dataset } = run
  return new Map([
    ['model', run.model],
    ...(label === undefined ? [] : [['label', label] as const]),
    ['provider', run.provider],
    ...Object.entries(hyperparametersOf(run)).map(
      ([key, value]) => [key, HYPERPARAMETERS[key]?.(value) ?? `${words(key)} ${value}`] as const,
    ),
    ...(manifest === undefined ? [['dataset', dataset.name] as const] : []),
    ...(made === undefined && dataset.name !== basename(dataset.training_file)
      ? [['training file', `trained on ${basename(dataset.training_file)}`] as const]
      : []),
    ...options.map(([key, value]) => [`data ${key}`, `${value} ${words(key.replace(/^num_/, ''))}`] as const),
    ...Object.entries(manifest?.facts ?? {}).map(
      ([key, { file }]) => [`facts ${key}`, `${words(key)} of ${basename(file)}`] as const,
    ),
  ])
}

/** Merges the traits of runs of one configuration; different values are joined by a slash. */
function merge(traits: readonly Map<string, string>[]): Map<string, string> {
  const keys = new Set(traits.flatMap((own) => [...own.keys()]))
  return new Map(
    Array.from(keys, (key) => [key, [...new Set(traits.flatMap((own) => own.get(key) ?? []))].join(' / ')]),
  )
}

function words(key: string): string {
  return key.replaceAll('_', ' ')
}
