import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface FakePerson {
  id: string
  /** Absent if Wikidata has no English label: it then returns the identifier. */
  name?: string
  links: number
  mother?: [id: string, name: string]
  fathers?: [id: string, name: string][]
}

/** Replaces the answer to a query. */
export type Fault = (response: ServerResponse) => void

/** A SPARQL endpoint on a free port of the loopback interface that answers a page query as Wikidata's does. */
export class FakeSparql implements AsyncDisposable {
  readonly people: readonly FakePerson[]
  /** For the next queries, one each. */
  readonly faults: Fault[] = []
  readonly queries: { query: string; headers: IncomingMessage['headers'] }[] = []
  readonly #server = createServer((request, response) => this.#answer(request, response))

  constructor(people: readonly FakePerson[]) {
    this.people = people
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/sparql`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const query = new URLSearchParams(await text(request)).get('query') ?? ''
    this.queries.push({ query, headers: request.headers })
    const fault = this.faults.shift()
    if (fault) return fault(response)
    const [, limit, offset] = /LIMIT (\d+) OFFSET (\d+)/.exec(query) ?? []
    if (limit === undefined) {
      response.writeHead(400).end('Malformed query: no LIMIT\n\tat some.java.Class')
      return
    }
    const page = this.people.slice(Number(offset), Number(offset) + Number(limit))
    response.writeHead(200, { 'content-type': 'application/sparql-results+json' })
    response.end(JSON.stringify({ head: { vars: [] }, results: { bindings: page.flatMap(rows) } }))
  }
}

function rows({ id, name = id, links, mother, fathers = [] }: FakePerson) {
  const own = {
    person: entity(id),
    personLabel: literal(name),
    links: literal(String(links)),
    ...(mother && { mother: entity(mother[0]), motherLabel: literal(mother[1]) }),
  }
  const each = fathers.map(([father, label]) => ({
    ...own,
    father: entity(father),
    fatherLabel: literal(label),
  }))
  return each.length > 0 ? each : [own]
}

function entity(id: string) {
  return { type: 'uri', value: `http://www.wikidata.org/entity/${id}` }
}

function literal(value: string) {
  return { type: 'literal', value, 'xml:lang': 'en' }
}
