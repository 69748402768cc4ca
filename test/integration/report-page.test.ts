import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import { reportRuns } from '../../src/lib/reporting/report-runs.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { failure } from '../helpers/failure.ts'
import { createSmallDataset, recordEvaluatedRun } from '../helpers/record-evaluated-run.ts'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGUMENTS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

/** Scripts that run in the page, where there are types of its own. */
const LOOK = `({
  width: document.documentElement.scrollWidth,
  figures: Array.from(document.querySelectorAll('figure svg'), (svg) => {
    const { width, height, right } = svg.getBoundingClientRect()
    const marks = svg.querySelectorAll('path, text').length
    return { width, height, right, marks, label: svg.getAttribute('aria-label') }
  }),
})`
const COLOURS = `[
  getComputedStyle(document.body).backgroundColor,
  getComputedStyle(document.querySelector('figure svg rect')).fill,
  getComputedStyle(document.querySelector('figure svg text')).fill,
]`

/** As it is laid out for paper. */
const PRINTED = `({
  background: getComputedStyle(document.body).backgroundColor,
  width: document.documentElement.scrollWidth,
  tables: Array.from(document.querySelectorAll('.table'), (box) => {
    const { overflowX, maxHeight } = getComputedStyle(box)
    const { right } = box.querySelector('table').getBoundingClientRect()
    return { name: box.id, right, hidden: overflowX !== 'visible' || maxHeight !== 'none' }
  }),
  figures: Array.from(document.querySelectorAll('figure'), (figure) => ({
    inside: getComputedStyle(figure).breakInside,
    height: figure.getBoundingClientRect().height,
    cut: Array.from(figure.querySelectorAll('text'), (text) => {
      const [own, whole] = [text, figure.querySelector('svg')].map((part) => part.getBoundingClientRect())
      return own.left < whole.left || own.right > innerWidth ? text.textContent : ''
    }).filter((text) => text !== ''),
  })),
  headings: [...new Set(Array.from(document.querySelectorAll('h1, h2, h3'), (heading) => {
    const { breakAfter, breakInside } = getComputedStyle(heading)
    return breakAfter + ' ' + breakInside
  }))],
})`
const CLICKABLE = `Array.from(document.querySelectorAll('thead button'))
  .filter((button) => getComputedStyle(button).display !== 'contents').length`

interface Printed {
  background: string
  width: number
  tables: { name: string; right: number; hidden: boolean }[]
  figures: { inside: string; height: number; cut: string[] }[]
  headings: string[]
}

interface Seen {
  width: number
  figures: { width: number; height: number; right: number; marks: number; label: string }[]
}

/** In a text of the user's own, which must not become markup. */
const HOSTILE = 'x"><img src=x onerror=alert(1)>\'&'

describe('the report’s files', () => {
  let home: string
  let directory: string

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'report-page-'))
    const dataset = (await createSmallDataset(home)).directory
    const base = { home, dataset, rankAll: true, changes: { model: HOSTILE } }
    await recordEvaluatedRun({ ...base, id: 'ft-a' })
    await recordEvaluatedRun({
      ...base,
      id: 'ft-b',
      hyperparameters: { learning_rate_multiplier: 0.4 },
      unknown: 3,
    })
    directory = (await report('first')).directory
  })
  after(() => rm(home, { recursive: true }))

  async function report(name: string) {
    const store = new RunStore(home)
    const runs = [await store.get('ft-a'), await store.get('ft-b')]
    return reportRuns({
      ...builtInExtensions(),
      store,
      runs,
      cwd: home,
      name,
      toolVersion: '0.0.0',
      now: new Date('2026-11-24T12:00:00Z'),
    })
  }

  it('are a page, tables as JSON, CSV, LaTeX and Markdown, and each figure in four forms', async () => {
    const names = await readdir(directory)
    const figures = [
      'table1',
      'figure4',
      'ranks',
      'sweep_same',
      'sweep_reverse',
      'templates',
      'histograms',
      'losses',
    ]
    expect(names).to.include.members([
      ...['report.html', 'tables.json', 'table1.csv', 'figure4_reverse.csv', 'runs.csv', 'evaluations.csv'],
      ...['table1.tex', 'table1.md', 'figure4_reverse.tex', 'runs.md'],
      ...figures.flatMap((name) => [`${name}.svg`, `${name}.png`, `${name}.pdf`, `${name}.vl.json`]),
    ])
    const tables = JSON.parse(await readFile(join(directory, 'tables.json'), 'utf8'))
    expect(tables.tables.table1.rows[0].model).to.equal(`${HOSTILE}, rate × 0.2`)
    const csv = await readFile(join(directory, 'table1.csv'), 'utf8')
    expect(csv.split('\n')[0]).to.match(/^model,trained,same,same_sd,same_low,same_high,reverse/)
    expect(csv).to.include('"x""><img src=x onerror=alert(1)>\'&, rate × 0.2",NameToDescription,')
  })

  it('hold no text of the user’s as markup', async () => {
    for (const name of await readdir(directory)) {
      if (!/\.(html|svg)$/.test(name)) continue
      const text = await readFile(join(directory, name), 'utf8')
      expect(text, name).not.to.include('<img')
    }
  })

  it('replace those of an earlier report, and nothing else', async () => {
    const again = (await report('again')).directory
    expect(await readdir(again)).to.have.members(await readdir(directory))
    await report('again')
    await writeFile(join(again, 'notes.md'), 'mine')
    const { message, code } = await failure(report('again'))
    expect(message).to.equal(
      `${again} holds notes.md, which is not part of a report: nothing was written there.`,
    )
    expect(code).to.equal('NOT_A_REPORT')
    expect(await readFile(join(again, 'notes.md'), 'utf8')).to.equal('mine')
    expect((await failure(report('../elsewhere'))).code).to.equal('BAD_NAME')
  })

  describe('in a browser', () => {
    let browser: Browser

    before(async function () {
      const executablePath = BROWSERS.find((path) => existsSync(path))
      if (executablePath === undefined) {
        console.log(`        skipped: no browser is at ${BROWSERS.join(', ')}`)
        this.skip()
      }
      const { chromium } = await import('playwright-core')
      browser = await chromium.launch({ executablePath, args: ARGUMENTS, timeout: 0 })
    })
    after(() => browser?.close())

    async function withPage(
      options: BrowserContextOptions,
      work: (page: Page, problems: string[]) => Promise<void>,
    ) {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(0)
      const problems: string[] = []
      const page = await context.newPage()
      page.on('console', (message) => problems.push(message.text()))
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) problems.push(`request to ${request.url()}`)
      })
      try {
        await page.goto(pathToFileURL(join(directory, 'report.html')).href)
        await work(page, problems)
      } finally {
        await context.close()
      }
    }

    const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } }
    for (const [device, viewport] of Object.entries(sizes)) {
      it(`shows every figure on a ${device}, with no error, no request and no scrolling sideways`, async () => {
        await withPage({ viewport }, async (page, problems) => {
          const seen = await page.evaluate<Seen>(LOOK)
          expect(problems).to.deep.equal([])
          expect(seen.width).to.equal(viewport.width)
          expect(seen.figures).to.have.length(8)
          for (const { width, height, right, label, marks } of seen.figures) {
            expect(width).to.be.above(200)
            expect(height).to.be.above(80)
            expect(right).to.be.at.most(viewport.width)
            expect(label).to.have.length.above(40)
            expect(marks).to.be.above(10)
          }
        })
      })
    }

    /** Within the margins, in pixels of CSS. */
    const papers = { A4: { width: 695, height: 1016 }, Letter: { width: 718, height: 948 } }
    for (const [paper, viewport] of Object.entries(papers)) {
      it(`cuts no column and splits no figure on ${paper}`, async () => {
        await withPage({ viewport, colorScheme: 'dark' }, async (page) => {
          await page.emulateMedia({ media: 'print' })
          const seen = await page.evaluate<Printed>(PRINTED)
          expect(seen.background).to.equal('rgb(255, 255, 255)')
          expect(seen.width).to.equal(viewport.width)
          expect(seen.tables).to.have.length.above(5)
          for (const { name, right, hidden } of seen.tables) {
            expect(right, name).to.be.at.most(viewport.width)
            expect(hidden, name).to.equal(false)
          }
          for (const { inside, height, cut } of seen.figures) {
            expect(cut).to.deep.equal([])
            expect(inside).to.equal('avoid')
            expect(height).to.be.below(viewport.height)
          }
          expect(seen.headings).to.deep.equal(['avoid avoid'])
        })
      })
    }

    it('repeats the head of a table that goes on on the next page', async () => {
      await withPage({}, async (page) => {
        // What can be clicked keeps a browser from repeating it.
        const clickable = await page.evaluate<number>(CLICKABLE)
        expect(clickable).to.be.above(0)
        await page.emulateMedia({ media: 'print' })
        expect(await page.evaluate<number>(CLICKABLE)).to.equal(0)
        const pdf = await page.pdf({ format: 'A4' })
        expect(pdf.subarray(0, 5).toString('latin1')).to.equal('%PDF-')
      })
    })

    it('takes the colours of a dark page, figures too', async () => {
      const colours = async (colorScheme: 'light' | 'dark') => {
        let found: string[] = []
        await withPage({ colorScheme }, async (page) => {
          found = await page.evaluate<string[]>(COLOURS)
        })
        return found
      }
      expect(await colours('light')).to.deep.equal([
        'rgb(255, 255, 255)',
        'rgb(255, 255, 255)',
        'rgb(28, 33, 39)',
      ])
      expect(await colours('dark')).to.deep.equal([
        'rgb(21, 24, 28)',
        'rgb(21, 24, 28)',
        'rgb(231, 234, 238)',
      ])
    })

    it('sorts a table by a column at a click, one way and the other, blanks last', async () => {
      await withPage({}, async (page, problems) => {
        const table = page.locator('#table-sweep')
        const column = async (head: string) => {
          const heads = await table.locator('th').allTextContents()
          const cells = table.locator(`tbody td:nth-child(${heads.indexOf(head) + 1})`)
          return cells.allTextContents()
        }
        const sort = (head: string) => table.getByRole('button', { name: head, exact: true }).click()
        await sort('batch size')
        const falling = (await column('batch size')).map(Number)
        expect(falling).to.deep.equal(falling.toSorted((a, b) => b - a))
        await sort('batch size')
        const rising = (await column('batch size')).map(Number)
        expect(rising).to.deep.equal(falling.toSorted((a, b) => a - b))
        expect(await table.locator('th[aria-sort]').getAttribute('aria-sort')).to.equal('ascending')
        await sort('runs')
        expect((await column('runs')).slice(0, 3)).to.deep.equal(['1', '1', ''])
        await sort('model')
        expect((await column('model'))[0]).to.equal('GPT-3 350M (paper)')
        expect(problems).to.deep.equal([])
      })
    })

    it('has the data of each figure one click away', async () => {
      await withPage({ acceptDownloads: true }, async (page) => {
        const link = page.locator('#figure-table1').getByRole('link', { name: 'Data (CSV)' })
        const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
        expect(download.suggestedFilename()).to.equal('table1_figure.csv')
        const text = await readFile(await download.path(), 'utf8')
        expect(text.split('\n')[0]).to.equal('label,panel,series,value,low,high')
        expect(text.trimEnd().split('\n')).to.have.length(1 + 3 * 4 + 2)
      })
    })
  })
})
