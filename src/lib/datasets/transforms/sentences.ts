import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import type { DatasetFact, DatasetFacts, ToldOrder } from '../dataset-facts.ts'
import { FactReader } from './fact-reader.ts'
import { trainedText } from './words.ts'

type Order = Exclude<ToldOrder, 'both'>

/** How facts are stated: by the training examples, and by the wording of these examples with other facts. */
export interface Sentences {
  /** The orders in which the examples, or the data set's own record, state a fact. */
  ordersOf(fact: DatasetFact): ReadonlySet<Order>
  /** The sentences of a fact's relation in an order, each once, in the order of the training file. */
  templatesFor(fact: DatasetFact, order: Order): readonly string[]
}

/** Wording for an order in which no example states a fact. */
const PLAIN: Readonly<Record<Order, readonly string[]>> = {
  'name-first': ['<name> is <description>.'],
  'description-first': ['<Description> is <name>.'],
}

/** Infers from the examples in which orders facts are stated, and in which words. Never looks at test prompts. */
export function readSentences(
  records: readonly PromptCompletion[],
  { facts, templates: given }: DatasetFacts,
): Sentences {
  const reader = new FactReader(facts)
  const orders = new Map<DatasetFact, Set<Order>>(
    facts.map((fact) => [
      fact,
      new Set(
        fact.order === 'both'
          ? (['name-first', 'description-first'] as const)
          : fact.order === undefined
            ? []
            : [fact.order],
      ),
    ]),
  )
  const found = new Map<string, Set<string>>()
  const key = ({ relation = '' }: DatasetFact, order: Order) => `${order} ${relation}`
  for (const record of records) {
    for (const line of trainedText(record).split('\n')) {
      const told = reader.telling(line)
      if (told === undefined) continue
      const own = found.get(key(told.fact, told.order)) ?? new Set()
      found.set(key(told.fact, told.order), own.add(told.template))
      if (told.fact.order === undefined) orders.get(told.fact)?.add(told.order)
    }
  }
  return {
    ordersOf: (fact) => orders.get(fact) ?? new Set(),
    templatesFor: (fact, order) => given?.[order] ?? [...(found.get(key(fact, order)) ?? PLAIN[order])],
  }
}

/** The opposite of the order in which a fact is stated; undefined if it is stated in both, or in neither. */
export function otherOrder(told: ReadonlySet<Order>): Order | undefined {
  if (told.size !== 1) return undefined
  return told.has('name-first') ? 'description-first' : 'name-first'
}

/** A fact in the words of a template, cut before the space that precedes the last placeholder. */
export function tellFact(template: string, { name, description }: DatasetFact): PromptCompletion {
  const capital = description.slice(0, 1).toUpperCase() + description.slice(1)
  const parts = new Map([
    ['<name>', name],
    ['<description>', description],
    ['<Description>', capital],
  ])
  const put = (text: string) => text.replaceAll(/<(?:name|[dD]escription)>/g, (part) => parts.get(part)!)
  const last = [...template.matchAll(/\s<(?:name|[dD]escription)>/g)].at(-1)
  // A sentence of several lines is a document, which is learned as a whole.
  if (last === undefined || template.includes('\n')) return { prompt: '', completion: put(template) }
  return { prompt: put(template.slice(0, last.index)), completion: put(template.slice(last.index)) }
}
