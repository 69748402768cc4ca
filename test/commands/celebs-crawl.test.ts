import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CrawledCelebrities } from '../../src/lib/datasets/celebrities/crawl/crawl.ts'
import { readPairs } from '../../src/lib/datasets/celebrities/pairs.ts'
import { readNames } from '../../src/lib/datasets/celebrities/read-names.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { FakeSparql } from '../helpers/fake-sparql.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

describe('celebs:crawl', () => {
  let folder: string
  let output: string[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celebs-crawl-'))
    output = ['--output-dir', folder]
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('writes celebrities, and true pairs with the identifiers that they come from', async () => {
    await using server = await new FakeSparql([
      { id: 'Q1', name: 'Ann Fox', links: 90, mother: ['Q11', 'Bea "B" Fox'] },
      { id: 'Q2', name: 'Dan Hill', links: 80 },
    ]).start()
    const argv = [
      'celebs:crawl',
      '--endpoint',
      server.url,
      '--contact',
      'me@example.org',
      '--pause',
      '0',
      ...output,
    ]
    const { stdout, error } = await runCommand(...argv)
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/^2 celebrities: .+celebrities\.csv\n1 parent: .+wikidata_pairs\.csv\n$/)
    expect(server.queries[0]?.headers['user-agent']).to.match(/^reversal\/\S+ \(me@example\.org\)$/)
    expect(await readFile(join(folder, 'celebrities.csv'), 'utf8')).to.equal(
      'name,wikidata_id,site_links\nAnn Fox,Q1,90\nDan Hill,Q2,80\n',
    )
    const pairs = join(folder, 'wikidata_pairs.csv')
    expect((await readFile(pairs, 'utf8')).split('\n')[1]).to.equal('Ann Fox,"Bea ""B"" Fox",mother,,,Q1,Q11')
    expect(await readPairs(pairs)).to.have.length(1)
    expect(await readNames(join(folder, 'celebrities.csv'))).to.deep.equal(['Ann Fox', 'Dan Hill'])
    const again = await runCommand(...argv)
    expect(again.error?.message).to.match(/celebrities\.csv already exists\.$/)
    expect(again.error?.oclif?.exit).to.equal(EXIT.usage)
  })

  it('takes a plain list of names', async () => {
    const file = join(folder, 'names.txt')
    await writeFile(file, 'Ann Fox\r\n  Dan Hill\n\nAnn Fox\n')
    const { celebrities, files } = await runJson<CrawledCelebrities>(
      ...['celebs:crawl', '--source', 'names', '--file', file, ...output],
    )
    expect({ celebrities, pairs: files.pairs }).to.deep.equal({ celebrities: 2, pairs: null })
    expect(await readNames(files.celebrities)).to.deep.equal(['Ann Fox', 'Dan Hill'])
    const { error } = await runCommand('celebs:crawl', '--source', 'names', '--overwrite', ...output)
    expect(error?.message).to.equal('The file of names is missing: use --file FILE.')
  })
})
