import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))

interface Line {
  place: string
  text: string
}

async function readLines(): Promise<Line[]> {
  const names = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const files = await Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(SOURCE, name), 'utf8')).split('\n')
      return lines.map((text, index) => ({ place: `${name}:${index + 1}`, text }))
    }),
  )
  return files.flat()
}

const found = (lines: readonly Line[], pattern: RegExp) =>
  lines.filter(({ text }) => pattern.test(text)).map(({ place, text }) => `${place}: ${text.trim()}`)

describe('the words of the tool', () => {
  let lines: Line[] = []
  before(async () => {
    lines = await readLines()
    expect(lines.length).to.be.above(20_000)
  })

  it('have one place that makes texts of numbers', () => {
    // Shares of a CSV file as the original writes them, steps of a histogram, and p-values have rules of their own.
    const own =
      /^lib\/(support\/numbers|reporting\/format|datasets\/celebrities\/celebrity-results|reporting\/sections\/histograms)\.ts:/
    const elsewhere = lines.filter(({ place }) => !own.test(place))
    expect(found(lines, /[^.\d]0 ?%|\d%['`. ]/)).to.deep.equal([])
    expect(found(elsewhere, /\.toFixed\(|\.toLocaleString\(|\.padStart\(2, '0'\)/)).to.deep.equal([])
  })

  it('are plain: none of the phrases that had to be read twice', () => {
    const texts = lines.filter(({ text }) => /['`]/.test(text) && !/^\s*(?:\/\/|\/?\*)/.test(text))
    for (const phrase of [
      /\b[Ss]ay (?:--|\$\{flag|which|another|KEY)/,
      /has not[.,)'`]|has them not|machine has not/,
      /\btold and asked\b|\bhave brought\b|\bis asked of\b/,
      /\bso many (?:days|pairs|prompts|phrasings|wikis)\b/,
      /\bunique starts? of\b|\ba word of yours\b|\bof one’s own\b|\bone’s own\b/,
      /\bNo run fits\b|\bwhat trains\b|\bAn? earlier time\b|\b(?:that|which) there are\.[`']/,
      /\b(?:asks|scores|makes|take) (?:them )?anew\b|\bIs said\b|\bunless \S+ is said\b/,
      /\bgo on with\b|\bgoes on where it was\b/,
    ]) {
      expect(found(texts, phrase), String(phrase)).to.deep.equal([])
    }
  })

  it('count one thing as one', () => {
    // Errors of the statistics are for programmers; numbers in capitals are constants above one; speeds are no counts.
    const shown = lines.filter(({ place }) => !place.startsWith('lib/statistics/'))
    const COUNTED =
      'batches|characters|configurations|epochs|examples|facts|files|guidances|names|pairs|parents|phrasings|prompts|questions|rows|runs|samples|sentences|steps|tokens|values'
    // A number that is put before a plural by hand says "1 epochs" one day.
    const byHand = new RegExp(`\\$\\{(?![A-Z_]+\\})[^{}]*\\} (?:${COUNTED})\\b(?!/)`)
    expect(found(shown, byHand)).to.deep.equal([])
    expect(found(shown, new RegExp(`[^\\d.,]1 (?:${COUNTED})\\b`))).to.deep.equal([])
  })
})
