import type { DatasetFact, ToldOrder } from '../dataset-facts.ts'
import type { EntitySpan } from './entities.ts'
import { EntityFinder } from './entities.ts'

/** A line that states a fact: the fact, the order and the wording. */
export interface Telling {
  fact: DatasetFact
  order: Exclude<ToldOrder, 'both'>
  /** The line with `<name>` and `<description>`; with `<Description>` if it starts with a capital letter. */
  template: string
}

/** Knows facts again in texts. */
export class FactReader {
  readonly #finder: EntityFinder
  readonly #byName: ReadonlyMap<string, readonly DatasetFact[]>
  readonly #byDescription: ReadonlyMap<string, readonly DatasetFact[]>

  constructor(facts: readonly DatasetFact[]) {
    this.#finder = new EntityFinder(facts.flatMap(({ name, description }) => [name, description]))
    this.#byName = Map.groupBy(facts, ({ name }) => name)
    this.#byDescription = Map.groupBy(facts, ({ description }) => description)
  }

  /** The facts whose names a text contains; if it contains no name, those of its descriptions. */
  about(text: string): DatasetFact[] {
    const spans = this.#finder.find(text)
    const named = spans.flatMap(({ entity }) => this.#byName.get(entity) ?? [])
    if (named.length > 0) return [...new Set(named)]
    return [...new Set(spans.flatMap(({ entity }) => this.#byDescription.get(entity) ?? []))]
  }

  /** The fact that a line states; undefined unless it contains both parts of one fact. */
  telling(line: string): Telling | undefined {
    const spans = this.#finder.find(line)
    const names = spans.filter(({ entity }) => this.#byName.has(entity))
    for (const name of names) {
      for (const fact of this.#byName.get(name.entity)!) {
        const description = spans.find((span) => span !== name && span.entity === fact.description)
        if (description === undefined) continue
        const own = spans.filter(({ entity }) => entity === fact.name || entity === fact.description)
        const order = name.start < description.start ? 'name-first' : 'description-first'
        return { fact, order, template: templateOf(line, own, fact) }
      }
    }
    return undefined
  }
}

function templateOf(line: string, spans: readonly EntitySpan[], { name, description }: DatasetFact): string {
  let text = ''
  let end = 0
  for (const span of spans) {
    text += line.slice(end, span.start)
    const found = line.slice(span.start, span.end)
    const capital = found.normalize('NFC')[0] !== description.normalize('NFC')[0]
    text += span.entity === name ? '<name>' : capital ? '<Description>' : '<description>'
    end = span.end
  }
  return text + line.slice(end)
}
