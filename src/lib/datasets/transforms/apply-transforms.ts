import { checkOptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { foldCase } from '../../support/fold-case.ts'
import type { Registry } from '../../support/registry.ts'
import { TextFinder } from '../../support/text-finder.ts'
import type { DatasetFacts } from '../dataset-facts.ts'
import type { FactInBothOrders, Transform, TransformedRecords } from './transform.ts'

/** One transform of a data set, as its manifest records it. */
export interface AppliedTransform {
  name: string
  /** The package that it comes from. */
  plugin: string
  options: Record<string, unknown>
  seed: number
}

export interface ApplyTransformsOptions extends DatasetFacts {
  registry: Registry<Transform>
  /** Reads a file that an option names. */
  readFile?: (name: string) => Promise<string>
}

/**
 * Records after several transforms, each on what the one before left, and the facts that they tell in both orders.
 * Throws InputError TRANSFORM_UNKNOWN, BAD_OPTION, and TRANSFORM_INVALID where a plugin's transform gives back something
 * that is no record.
 */
export async function applyTransforms(
  records: readonly PromptCompletion[],
  applied: readonly AppliedTransform[],
  { registry, readFile, facts, entities, templates }: ApplyTransformsOptions,
): Promise<TransformedRecords> {
  let current = [...records]
  const told = new Map<string, FactInBothOrders>()
  /** Records before anything was told in both orders, and after all of it was. */
  let untold: readonly PromptCompletion[] = []
  let telling: readonly PromptCompletion[] = []
  for (const { name, plugin, options, seed } of applied) {
    const { entry } = registry.get(`${plugin}/${name}`)
    const transform = await entry.open()
    const checked = checkOptionValues(options, { schema: entry.options, owner: name })
    const files: Record<string, string> = {}
    for (const option of entry.files ?? []) {
      const file = checked[option]
      if (file !== undefined && readFile !== undefined) files[option] = await readFile(String(file))
    }
    const known = { facts, ...(entities && { entities }), ...(templates && { templates }) }
    const context = { options: checked, seed, files, ...known }
    const result = transform(current, context)
    const made = Array.isArray(result) ? { records: result, told: [] } : result
    const flaw = findFlaw(made?.records)
    if (flaw !== undefined) {
      throw new InputError(`The transform ${name} of ${plugin} ${flaw}.`, { code: 'TRANSFORM_INVALID' })
    }
    if (made.told.length > 0) {
      if (told.size === 0) untold = current
      telling = made.records
    }
    current = made.records
    for (const fact of made.told) told.set(fact.name, { name: fact.name, description: fact.description })
  }
  const still =
    telling === current ? told.values() : stillTold(told.values(), { untold, telling, left: current })
  return { records: current, told: [...still] }
}

interface Tellings {
  untold: readonly PromptCompletion[]
  telling: readonly PromptCompletion[]
  left: readonly PromptCompletion[]
}

/**
 * Without the facts of which later transforms have left out all that was told, as a subsample may. Where they changed
 * records too, all facts stay: one that may be told in both orders must be measured apart.
 */
function stillTold(
  told: Iterable<FactInBothOrders>,
  { untold, telling, left }: Tellings,
): FactInBothOrders[] {
  const facts = [...told]
  const texts = new Set(left.map(textOf))
  const then = new Set(telling.map(textOf))
  if ([...texts].some((text) => !then.has(text))) return facts
  const finder = new TextFinder(facts.map(({ name }) => foldCase(name)))
  const mentioned = new Set<number>()
  for (const { prompt, completion } of untold) texts.delete(prompt + completion)
  for (const text of texts) {
    for (const number of finder.find(foldCase(text))) mentioned.add(number)
  }
  return facts.filter((_, index) => mentioned.has(index))
}

const textOf = ({ prompt, completion }: PromptCompletion) => prompt + completion

/** A plugin's transform may not have been type-checked. */
function findFlaw(records: unknown): string | undefined {
  if (!Array.isArray(records)) return 'does not return a list of records'
  if (records.length === 0) return 'leaves no record to train on'
  const index = records.findIndex(
    (record) => typeof record?.prompt !== 'string' || typeof record?.completion !== 'string',
  )
  return index < 0 ? undefined : `returns a record without prompt and completion (number ${index + 1})`
}
