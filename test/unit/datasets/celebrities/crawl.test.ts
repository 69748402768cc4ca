import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CrawlOptions } from '../../../../src/lib/datasets/celebrities/crawl/crawl.ts'
import { crawlWikidata } from '../../../../src/lib/datasets/celebrities/crawl/crawl.ts'
import { InterruptedError, ReversalError } from '../../../../src/lib/support/errors.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { failure } from '../../../helpers/failure.ts'
import type { Fault } from '../../../helpers/fake-sparql.ts'
import { FakeSparql } from '../../../helpers/fake-sparql.ts'

const PEOPLE = [
  { id: 'Q1', name: 'Ann Fox', links: 90, mother: ['Q11', 'Bea Fox'], fathers: [['Q12', 'Carl Fox']] },
  {
    id: 'Q2',
    name: 'Dan Hill',
    links: 80,
    fathers: [
      ['Q13', 'Gus Hill'],
      ['Q14', 'Hal Hill'],
    ],
  },
  { id: 'Q3', links: 70, mother: ['Q15', 'Ida Reed'] },
  { id: 'Q4', name: 'Flo Reed', links: 60, mother: ['Q15', 'Q15'] },
  { id: 'Q5', name: 'Kim Lane', links: 50 },
] as const

describe('a crawl of Wikidata', () => {
  let folder: string
  let server: FakeSparql

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crawl-'))
    server = await new FakeSparql(PEOPLE as never).start()
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const crawl = ({ endpoint, ...options }: Partial<CrawlOptions> = {}) =>
    crawlWikidata({
      endpoint: { url: server.url, userAgent: 'reversal/0 (me@example.org)', backoffMs: 1, ...endpoint },
      ...{ count: 100, pageSize: 2, minLinks: 40, pauseMs: 0, journals: folder, now: new Date('2026-11-24') },
      ...options,
    })
  const names = (celebrities: { name: string }[]) => celebrities.map(({ name }) => name)
  const answer =
    (status: number, headers: Record<string, string> = {}, body = ''): Fault =>
    (response) =>
      response.writeHead(status, headers).end(body)

  it('goes page by page to the end and leaves out those without a name', async () => {
    const celebrities = await crawl()
    expect(names(celebrities)).to.deep.equal(['Ann Fox', 'Dan Hill', 'Flo Reed', 'Kim Lane'])
    expect(celebrities[0]).to.deep.equal({
      ...{ id: 'Q1', name: 'Ann Fox', siteLinks: 90 },
      parents: [
        { id: 'Q11', name: 'Bea Fox', type: 'mother' },
        { id: 'Q12', name: 'Carl Fox', type: 'father' },
      ],
    })
    expect(names(celebrities[1]!.parents)).to.deep.equal(['Gus Hill', 'Hal Hill'])
    expect(celebrities[2]!.parents).to.deep.equal([])
    expect(server.queries).to.have.length(3)
  })

  it('says who asks, and asks for grown-ups that many wikis know', async () => {
    await crawl({ count: 1 })
    expect(server.queries).to.have.length(1)
    const [{ query, headers }] = server.queries as [FakeSparql['queries'][0]]
    expect(headers['user-agent']).to.equal('reversal/0 (me@example.org)')
    expect(headers.accept).to.equal('application/sparql-results+json')
    expect(query).to.include('FILTER(?links >= 40)').and.include('"2008-01-01T00:00:00.000Z"^^xsd:dateTime')
  })

  it('waits as long as a busy server asks for', async () => {
    server.faults.push(answer(429, { 'retry-after': '60' }))
    const controller = new AbortController()
    const waiting = failure(crawl({ count: 2, signal: controller.signal }))
    await eventually('the refusal', () => server.faults.length === 0)
    // While another crawl asks and is answered, the one that is to wait asks nothing more.
    server.faults.push(answer(429, { 'retry-after': '0.05' }), answer(503))
    expect(await crawl({ count: 2, journals: join(folder, 'other') })).to.have.length(2)
    controller.abort(new InterruptedError())
    expect(await waiting).to.be.instanceOf(InterruptedError)
    expect(server.queries).to.have.length(4)
  })

  it('asks again if an answer is cut off, is not JSON or is late', async () => {
    const cutOff = '{"head": {"vars": []}, "results": {"bindings": [{"person": '
    const silence: Fault = () => {}
    const hangUp: Fault = (response) => response.destroy()
    server.faults.push(answer(200, {}, cutOff), answer(200, {}, '<html>'), silence, hangUp)
    const endpoint = { timeoutMs: 1000 } as CrawlOptions['endpoint']
    expect(names(await crawl({ count: 2, endpoint }))).to.deep.equal(['Ann Fox', 'Dan Hill'])
    // An answer that takes longer on a busy machine is asked for once more.
    expect(server.queries).to.have.length.within(5, 6)
  })

  for (const [title, fault, message] of [
    ['is always busy', answer(502), /^127\.0\.0\.1:\d+ answers 502, at the 6th attempt\.$/],
    [
      'asks for an hour',
      answer(429, { 'retry-after': '3600' }),
      / answers 429 and asks for a wait of 60 minutes\.$/,
    ],
    ['asks for no wait', answer(429, { 'retry-after': '0' }), / answers 429, at the 6th attempt\.$/],
    [
      'never sends a whole answer',
      answer(200, {}, '{'),
      / sends an incomplete answer, at the 6th attempt\.$/,
    ],
    ['refuses the query', answer(400, {}, 'Bad query\nat Java'), / refuses the query \(400: Bad query\)\.$/],
  ] as const) {
    it(`gives a server up that ${title}`, async () => {
      server.faults.push(...Array(6).fill(fault))
      const error = await failure(crawl())
      expect(error).to.be.instanceOf(ReversalError)
      expect(error.message).to.match(message)
    })
  }

  it('goes on where it was stopped, without asking for a page twice', async () => {
    const stop = new AbortController()
    const stopped = crawl({
      signal: stop.signal,
      onProgress: ({ done }) => done >= 2 && stop.abort(new InterruptedError()),
    })
    expect(await failure(stopped)).to.be.instanceOf(InterruptedError)
    const asked = server.queries.length
    expect(names(await crawl())).to.deep.equal(['Ann Fox', 'Dan Hill', 'Flo Reed', 'Kim Lane'])
    expect(server.queries.length).to.equal(3)
    expect(asked).to.equal(1)
    await crawl()
    expect(server.queries.length).to.equal(3)
  })

  it('cannot reach a server that is not there', async () => {
    const { url } = server
    await server[Symbol.asyncDispose]()
    server = await new FakeSparql([]).start()
    const error = await failure(crawl({ endpoint: { url } as CrawlOptions['endpoint'] }))
    expect(error.message).to.match(/^127\.0\.0\.1:\d+ cannot be reached \(.+\), at the 6th attempt\.$/)
  })
})
