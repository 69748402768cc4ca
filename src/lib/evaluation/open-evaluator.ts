import type { OptionsSchema, OptionValues } from '../schemas/option-values.ts'
import { checkOptionValues, parseOptionValues } from '../schemas/option-values.ts'
import { InputError } from '../support/errors.ts'
import type { Registered, Registry } from '../support/registry.ts'
import type { Evaluator, EvaluatorDescriptor } from './evaluator.ts'

/** An opened evaluator, with its package and options. */
export interface OpenedEvaluator {
  evaluator: Evaluator
  plugin: string
  /** All of them, with the defaults. */
  options: OptionValues
  /** Those that differ from its defaults, which belong to the question. */
  evaluatorOptions: OptionValues
}

const NO_OPTIONS: OptionsSchema = { type: 'object', properties: {}, additionalProperties: false }
const METHODS = ['accepts', 'loadSamples', 'scoreSample', 'summarize'] as const

/**
 * Opens an evaluator by `name` or `package/name`. `options` are `KEY=VALUE` texts, or values that were checked before.
 * Throws InputError EVALUATOR_UNKNOWN, EVALUATOR_INVALID, BAD_OPTION.
 */
export async function openEvaluator(
  registry: Registry<EvaluatorDescriptor>,
  name: string,
  options: readonly string[] | Readonly<Record<string, unknown>> = [],
): Promise<OpenedEvaluator> {
  return openRegistered(registry.get(name), options)
}

/** The same of an evaluator that is at hand. Throws InputError EVALUATOR_INVALID, BAD_OPTION. */
export async function openRegistered(
  { entry, plugin }: Registered<EvaluatorDescriptor>,
  options: readonly string[] | Readonly<Record<string, unknown>> = [],
): Promise<OpenedEvaluator> {
  const about = { schema: entry.options ?? NO_OPTIONS, owner: `the evaluator ${entry.name}` }
  const values = Array.isArray(options)
    ? parseOptionValues(options as readonly string[], about)
    : checkOptionValues(options as Readonly<Record<string, unknown>>, about)
  const evaluator = await entry.open(values)
  const flaw = findFlaw(evaluator, entry.name)
  if (flaw !== undefined) {
    throw new InputError(`The evaluator ${entry.name} of ${plugin} ${flaw}.`, { code: 'EVALUATOR_INVALID' })
  }
  const told = Object.entries(values).filter(
    ([key, value]) => value !== about.schema.properties[key]?.default,
  )
  return { evaluator, plugin, options: values, evaluatorOptions: Object.fromEntries(told) }
}

/** Why a plugin's object, which may not have been type-checked, is not an evaluator. */
function findFlaw(evaluator: Partial<Evaluator> | undefined, expected: string): string | undefined {
  const { name, version, splits, maxTokens } = evaluator ?? {}
  if (name !== expected) return `opens one called ${name}`
  if (!Number.isInteger(version)) return 'has a version that is not a whole number'
  if (!Array.isArray(splits) || splits.length === 0) return 'has no splits'
  if (!Number.isInteger(maxTokens)) return 'has a maxTokens that is not a whole number'
  const missing = METHODS.find((method) => typeof evaluator?.[method] !== 'function')
  return missing && `lacks the function ${missing}`
}

/** The evaluators that can read a data set, with their defaults. One of a plugin that fails to open is left out. */
export async function fittingEvaluators(
  registry: Registry<EvaluatorDescriptor>,
  datasetDirectory: string,
): Promise<OpenedEvaluator[]> {
  const opened = await Promise.all(
    registry.list().map(async ({ entry, plugin }) => {
      const one = await openEvaluator(registry, `${plugin}/${entry.name}`).catch(() => undefined)
      return one !== undefined && (await one.evaluator.accepts(datasetDirectory)) ? [one] : []
    }),
  )
  return opened.flat()
}
