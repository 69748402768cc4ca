import { join } from 'node:path'
import type { CelebrityPage } from '../../../schemas/celebrity-page.ts'
import { celebrityPageSchema } from '../../../schemas/celebrity-page.ts'
import { schemaCheck } from '../../../schemas/compile.ts'
import { formatCsv } from '../../../support/csv.ts'
import { InputError } from '../../../support/errors.ts'
import { appendLines, exists, refuseExisting, sha256, writeAtomic } from '../../../support/files.ts'
import { readJsonl } from '../../../support/jsonl.ts'
import { acquireLock, heldSignal } from '../../../support/lock.ts'
import { wait } from '../../../support/wait.ts'
import { PAIR_COLUMNS } from '../pairs.ts'
import { readNames } from '../read-names.ts'
import type { SparqlEndpoint } from './sparql.ts'
import { querySparql } from './sparql.ts'
import type { Celebrity } from './wikidata.ts'
import { pageQuery, readPage } from './wikidata.ts'

export interface CrawlOptions {
  endpoint: SparqlEndpoint
  /** People to fetch. */
  count: number
  /** People a query. */
  pageSize: number
  minLinks: number
  /** Milliseconds between two queries. */
  pauseMs: number
  /** Absolute path of the folder for fetched pages, from which an interrupted crawl continues. */
  journals: string
  now: Date
  signal?: AbortSignal | undefined
  onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
}

const check = schemaCheck(celebrityPageSchema)
const ADULT = 18

/**
 * Fetches celebrities with their parents, page by page, and continues an earlier crawl of this year that was stopped.
 */
export async function crawlWikidata(options: CrawlOptions): Promise<Celebrity[]> {
  const { endpoint, count, pageSize, minLinks, pauseMs, now, onProgress } = options
  const bornBefore = new Date(Date.UTC(now.getUTCFullYear() - ADULT, 0, 1))
  const identity = sha256(JSON.stringify([endpoint.url, pageSize, minLinks, bornBefore]))
  const directory = join(options.journals, `crawl-${identity.slice(0, 12)}`)
  await using lock = await acquireLock(join(directory, 'lock'))
  const signal = heldSignal(lock, options.signal)
  const journal = join(directory, 'pages.jsonl')
  const pages = (await exists(journal))
    ? await readJsonl<CelebrityPage>(journal, { check, allowEmpty: true, journal: true })
    : []
  const people = () => pages.flatMap(({ celebrities }) => celebrities)
  let asked = false
  while (people().length < count && pages.at(-1)?.last !== true) {
    if (asked) await wait(pauseMs, signal)
    asked = true
    const offset = pages.length * pageSize
    const rows = await querySparql(
      pageQuery({ minLinks, bornBefore, limit: pageSize, offset }),
      endpoint,
      signal,
    )
    const page: CelebrityPage = {
      offset,
      celebrities: readPage(rows),
      last: new Set(rows.map(({ person }) => person)).size < pageSize,
    }
    lock.lost.throwIfAborted()
    await appendLines(journal, [JSON.stringify(page)])
    pages.push(page)
    await onProgress?.({ done: Math.min(count, people().length), total: count })
  }
  const unique = new Map(people().map((celebrity) => [celebrity.id, celebrity]))
  return [...unique.values()].slice(0, count)
}

export interface CrawlCelebritiesOptions extends CrawlOptions {
  source: 'wikidata' | 'names'
  /** File of names, for the source `names`. */
  file?: string | undefined
  /** Absolute; gets `celebrities.csv` and, from Wikidata, `wikidata_pairs.csv`. */
  directory: string
  /** Replace existing files. */
  overwrite: boolean
}

export interface CrawledCelebrities {
  celebrities: number
  pairs: number
  files: { celebrities: string; pairs: string | null }
}

/** Makes a list of celebrities and, from Wikidata, their pairs with parents. Throws InputError OUTPUT_EXISTS, NO_NAMES. */
export async function crawlCelebrities(options: CrawlCelebritiesOptions): Promise<CrawledCelebrities> {
  const { source, file, directory, count, overwrite } = options
  const celebritiesFile = join(directory, 'celebrities.csv')
  const pairsFile = source === 'wikidata' ? join(directory, 'wikidata_pairs.csv') : null
  for (const path of [celebritiesFile, pairsFile]) if (path && !overwrite) await refuseExisting(path)
  if (source === 'names') {
    if (file === undefined)
      throw new InputError('The file of names is missing: use --file FILE.', { code: 'NO_NAMES' })
    const names = (await readNames(file)).slice(0, count)
    await writeCelebrities(
      celebritiesFile,
      names.map((name) => ({ name })),
    )
    return { celebrities: names.length, pairs: 0, files: { celebrities: celebritiesFile, pairs: null } }
  }
  const celebrities = await crawlWikidata(options)
  await writeCelebrities(celebritiesFile, celebrities)
  const pairs = await writeCrawledPairs(pairsFile!, celebrities)
  return { celebrities: celebrities.length, pairs, files: { celebrities: celebritiesFile, pairs: pairsFile } }
}

/** Names with Wikidata's identifier and the number of site links. */
async function writeCelebrities(
  path: string,
  celebrities: readonly { name: string; id?: string; siteLinks?: number }[],
): Promise<void> {
  const rows = celebrities.map(({ name, id = '', siteLinks = '' }) => [name, id, String(siteLinks)])
  await writeAtomic(path, await formatCsv(['name', 'wikidata_id', 'site_links'], rows))
}

/**
 * Writes pairs in the published columns, followed by the identifiers that they come from, and returns how many there
 * are.
 */
async function writeCrawledPairs(path: string, celebrities: readonly Celebrity[]): Promise<number> {
  const rows = celebrities.flatMap(({ name, id, parents }) =>
    parents.map((parent) => [name, parent.name, parent.type, '', '', id, parent.id]),
  )
  await writeAtomic(path, await formatCsv([...PAIR_COLUMNS, 'child_wikidata_id', 'parent_wikidata_id'], rows))
  return rows.length
}
