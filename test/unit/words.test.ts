import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCE = join(ROOT, 'src')

/** Phrases that readers had to read twice, in messages, help and pages alike. */
const RIDDLES = [
  /\bmeans nothing to\b|\bsays? nothing to (?:this|an?) (?:provider|engine)\b/,
  /\b(?:trained|begins?|start(?:s|ed)?) from nothing\b/,
  /\bwants an? (?:key|temperature)\b|\btakes no temperature\b/,
  /\bis no (?:JSON|CSV|whole number|plain name|result)\b/,
  /\bnats a token\b|\b(?:one|names?) a line\b|\btokens an epoch\b|\bfacts a group\b|\bruns? a side\b/,
  /\bare on their way\b|\bwhat they (?:bring|have brought)\b|\bwaits for batches\b/,
  /\bis there already\b|\bin the place of\b|\bcannot be had\b|\bNot known (?:how|what)\b/,
  /\banew\b|\bin vain\b|\bsign of life\b|\b[Ww]hoever\b/,
  /\bone in so many\b|\bso many requests\b|\bthe chance that \S+ gives\b/i,
  /\b[Tt]ells? (?:no log-probabilities|nothing of|of no)\b|\bgoes on where\b/,
  /\btell (?:hardly|nothing)\b|\bwhat it takes in memory\b|\bmakes it anew\b/i,
  /\bWhat an earlier time made\b|\bwhat (?:was )?(?:made|trained|scored|fetched|answered) (?:before )?is kept\b/,
]

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
    // The engine is left for its own pass.
    const own = texts.filter(({ place }) => !/^lib\/(engine|evaluation\/arms)\//.test(place))
    for (const phrase of RIDDLES) expect(found(own, phrase), String(phrase)).to.deep.equal([])
  })

  it('are plain in the README and the pages, too', async () => {
    const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']
    for (const name of await readdir(join(ROOT, 'docs'), { recursive: true })) {
      // Command pages are made from the help texts.
      if (name.endsWith('.md') && !name.startsWith('commands')) pages.push(join('docs', name))
    }
    const texts = await Promise.all(
      pages.map(async (name) => {
        const rows = (await readFile(join(ROOT, name), 'utf8')).split('\n')
        return rows.map((text, index) => ({ place: `${name}:${index + 1}`, text }))
      }),
    )
    expect(texts.length).to.be.above(30)
    for (const phrase of RIDDLES) expect(found(texts.flat(), phrase), String(phrase)).to.deep.equal([])
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
