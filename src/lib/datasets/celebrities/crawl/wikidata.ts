/** Celebrities and their parents from Wikidata: people by number of site links; mother P25, father P22. */
import type { CelebrityPage } from '../../../schemas/celebrity-page.ts'
import type { Binding } from './sparql.ts'

export const WIKIDATA = 'https://query.wikidata.org/sparql'

/** A celebrity as Wikidata has them. */
export type Celebrity = CelebrityPage['celebrities'][number]

export interface PageOptions {
  /** Minimum number of site links, which keeps the query within the endpoint's time limit. */
  minLinks: number
  /** Only people born before, so that no minors are among them. */
  bornBefore: Date
  limit: number
  offset: number
}

/** The query for one page of people, those with most site links first. */
export function pageQuery({ minLinks, bornBefore, limit, offset }: PageOptions): string {
  return `SELECT ?person ?personLabel ?links ?mother ?motherLabel ?father ?fatherLabel WHERE {
  {
    SELECT DISTINCT ?person ?links WHERE {
      ?person wikibase:sitelinks ?links .
      hint:Prior hint:rangeSafe true .
      FILTER(?links >= ${minLinks})
      ?person wdt:P31 wd:Q5 ; wdt:P569 ?born .
      FILTER(?born < "${bornBefore.toISOString()}"^^xsd:dateTime)
    }
    ORDER BY DESC(?links) ?person
    LIMIT ${limit} OFFSET ${offset}
  }
  OPTIONAL { ?person wdt:P25 ?mother . }
  OPTIONAL { ?person wdt:P22 ?father . }
  SERVICE wikibase:label { bd:serviceParam wikibase:language "en" . }
}
ORDER BY DESC(?links) ?person`
}

/** The people of a page. One with several mothers or fathers comes in several rows; those without a name are left out. */
export function readPage(rows: readonly Binding[]): Celebrity[] {
  const people = [...Map.groupBy(rows, ({ person = '' }) => person).values()]
  return people.flatMap((own) => {
    const person = readPerson(own[0]!, 'person')
    if (person === undefined) return []
    const parents = new Map<string, Celebrity['parents'][number]>()
    for (const row of own) {
      for (const type of ['mother', 'father'] as const) {
        const parent = readPerson(row, type)
        if (parent) parents.set(`${type} ${parent.id}`, { ...parent, type })
      }
    }
    return { ...person, siteLinks: Number(own[0]!.links), parents: [...parents.values()] }
  })
}

/** Undefined if no person is given, or if Wikidata has only an identifier for them. */
function readPerson(row: Binding, variable: string): Pick<Celebrity, 'id' | 'name'> | undefined {
  const id = row[variable]?.split('/').at(-1)
  const name = row[`${variable}Label`]
  return id === undefined || name === undefined || name === id || !/^Q\d+$/.test(id)
    ? undefined
    : { id, name }
}
