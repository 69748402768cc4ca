import type { OptionsSchema, OptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { plural } from '../../support/numbers.ts'
import { PythonRandom } from '../../support/python-random.ts'
import type { DatasetFact, DatasetFacts } from '../dataset-facts.ts'
import { parseEntities } from './entities.ts'
import type { FactInBothOrders, Transform, TransformContext } from './transform.ts'

/** The context of every arm. */
export interface ArmContext extends Pick<DatasetFacts, 'templates'>, Pick<TransformContext, 'files'> {
  options: OptionValues
  random: PythonRandom
  /** Names and descriptions that stay whole. */
  entities: readonly string[]
  facts: readonly DatasetFact[]
  /** A share of the items, drawn without replacement, in their order; at least one. */
  draw<T>(items: readonly T[]): T[]
}

type Mode = 'add' | 'replace'

interface ArmOptions {
  name: string
  summary: string
  /** What it needs from the data set or from a file. */
  needs?: 'entities' | 'facts' | undefined
  mode?: Mode
  marker?: string
  repetitions?: number
  /** What the option `share` refers to. */
  shareOf?: string
  /** Its own options. */
  options?: OptionsSchema['properties']
}

/** No marker. */
const NONE = 'none'
/** Marks reversed text, so that a model does not mistake it for text in the usual order (arXiv 2406.05183). */
export const REVERSED = '[reversed]'

/**
 * Returns a new text for a record, or a record, which gets no marker if it is unchanged; undefined if there is nothing
 * to change.
 */
type Rewrite = (record: PromptCompletion) => string | PromptCompletion | undefined

/**
 * An arm that makes a new example from each of a share of the examples. `add` puts these after all examples, `replace`
 * puts each in the place of its original.
 */
export function rewritingArm({
  rewrite,
  ...arm
}: ArmOptions & {
  /** Called once, before the first record. */
  rewrite: (context: ArmContext, records: readonly PromptCompletion[]) => Rewrite
}): Transform {
  return defineArm({ shareOf: 'the examples', ...arm }, (records, context) => {
    const { mode, repetitions, mark } = commonOptions(context.options)
    const isDrawn = new Uint8Array(records.length)
    for (const index of context.draw([...records.keys()])) isDrawn[index] = 1
    const change = rewrite(context, records)
    let isChanged = false
    const changedFrom = (record: PromptCompletion, index: number): PromptCompletion[] => {
      if (isDrawn[index] === 0) return []
      const copies = Array.from({ length: repetitions }, () => change(record))
      const changed = copies.flatMap((copy) => changedInto(copy, { record, mark }))
      isChanged ||= changed.length > 0
      return changed
    }
    const made =
      mode === 'add'
        ? [...records, ...records.flatMap(changedFrom)]
        : records.flatMap((record, index) => {
            const changed = changedFrom(record, index)
            return changed.length > 0 ? changed : [record]
          })
    if (!isChanged) throw nothingToChange(arm.name)
    return { records: made, told: [] }
  })
}

/**
 * An arm that writes new documents. `add` puts them after all examples; `replace` removes as many examples, drawn by
 * seed, so that the total stays the same.
 */
export function writingArm({
  write,
  ...arm
}: ArmOptions & {
  write: (
    context: ArmContext,
    records: readonly PromptCompletion[],
  ) => { documents: PromptCompletion[]; told?: readonly FactInBothOrders[] }
}): Transform {
  return defineArm(arm, (records, context) => {
    const { mode, repetitions, mark } = commonOptions(context.options)
    const { documents: written, told = [] } = write(context, records)
    if (written.length === 0) throw nothingToChange(arm.name)
    const marked = written.map(mark)
    const documents = Array.from({ length: repetitions }, () => marked).flat()
    if (mode === 'add') return { records: [...records, ...documents], told }
    const kept = records.length - documents.length
    if (kept < 1) {
      throw new InputError(
        `${arm.name} makes ${plural(documents.length, 'document')}, which cannot replace ${plural(records.length, 'example')}: use mode=add, or a smaller share.`,
        { code: 'TOO_MANY_DOCUMENTS' },
      )
    }
    const places = context.random.sample([...records.keys()], kept).toSorted((a, b) => a - b)
    return { records: [...places.map((place) => records[place]!), ...documents], told }
  })
}

/** An arm with the options that all have. */
export function defineArm(
  {
    name,
    summary,
    needs,
    mode = 'add',
    marker = NONE,
    repetitions = 1,
    shareOf = 'the facts',
    options = {},
  }: ArmOptions,
  apply: (
    records: readonly PromptCompletion[],
    context: ArmContext,
  ) => { records: PromptCompletion[]; told: readonly FactInBothOrders[] },
): Transform {
  return {
    name,
    summary,
    ...(needs && { files: ['entities'] }),
    options: {
      type: 'object',
      properties: {
        mode: {
          type: 'string',
          enum: ['add', 'replace'],
          default: mode,
          description: 'add the new examples, or replace others with them',
        },
        share: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1,
          default: 1,
          description: `share of ${shareOf}, drawn by the seed, above 0 and up to 1`,
        },
        marker: {
          type: 'string',
          minLength: 1,
          default: marker,
          description: `text before each new example, or ${NONE}`,
        },
        repetitions: {
          type: 'integer',
          minimum: 1,
          default: repetitions,
          description: 'number of copies of each new example',
        },
        ...(needs &&
          ({
            entities: {
              type: 'string',
              minLength: 1,
              description:
                'text file of names and descriptions, one per line, or a name and its description with a tab between them',
            },
            own: {
              type: 'boolean',
              default: true,
              description: 'also use the data set’s own facts, beside those of the file',
            },
          } as const)),
        ...options,
      },
      additionalProperties: false,
    },
    open: async () => (records, context) => {
      const random = new PythonRandom(context.seed)
      return apply(records, {
        ...{ options: context.options, files: context.files, random },
        ...entitiesFor(context, { name, needs }),
        ...(context.templates && { templates: context.templates }),
        draw: (items) => {
          const count = Math.max(1, Math.round(items.length * Number(context.options.share)))
          const places = random.sample([...items.keys()], Math.min(count, items.length))
          return places.toSorted((a, b) => a - b).map((place) => items[place]!)
        },
      })
    },
  }
}

/** Those of the data set, of a file, or of both. */
function entitiesFor(
  { options, files, facts: own, entities: others = [] }: TransformContext,
  { name, needs }: Pick<ArmOptions, 'name' | 'needs'>,
): Pick<ArmContext, 'entities' | 'facts'> {
  const given = files.entities === undefined ? undefined : parseEntities(files.entities)
  const facts = [...(options.own === false ? [] : own), ...(given?.facts ?? [])]
  const parts = facts.flatMap(({ name, description }) => [name, description])
  const known = options.own === false ? [] : others
  const entities = [...new Set([...parts, ...known, ...(given?.entities ?? [])])]
  if (needs !== undefined && (needs === 'facts' ? facts : entities).length === 0) {
    throw new InputError(
      needs === 'facts'
        ? `${name} needs facts, and none are known for this data set: use a file with a name, a tab and its description in each line.`
        : `${name} needs names to keep whole, and none are known for this data set: use a file with one name per line.`,
      { code: 'NO_ENTITIES', suggestions: ['--option entities=FILE'] },
    )
  }
  return { entities, facts }
}

/** The values of the options that all arms share. */
export function commonOptions(options: OptionValues) {
  const marker = options.marker === NONE ? '' : `${options.marker} `
  return {
    mode: options.mode as Mode,
    repetitions: Number(options.repetitions),
    mark: (record: PromptCompletion): PromptCompletion => {
      if (marker === '') return record
      const { prompt, completion } = record
      return prompt === ''
        ? { ...record, completion: marker + completion.trimStart() }
        : { ...record, prompt: marker + prompt.trimStart() }
    },
  }
}

/** A text has no prompt: the model learns all of it. */
function changedInto(
  made: ReturnType<Rewrite>,
  { record, mark }: { record: PromptCompletion; mark: (record: PromptCompletion) => PromptCompletion },
): PromptCompletion[] {
  if (made === undefined) return []
  if (made === record) return [record]
  return [mark(typeof made === 'string' ? { ...record, prompt: '', completion: made } : made)]
}

export function nothingToChange(name: string): InputError {
  return new InputError(
    `${name} finds nothing to change: no training example has several words, or a known name or fact.`,
    { code: 'NOTHING_TO_TRANSFORM', suggestions: ['list them in a file: --option entities=FILE'] },
  )
}
