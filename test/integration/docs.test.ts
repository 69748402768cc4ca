import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { describeDocs } from '../helpers/describe-docs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PLAYED = [
  'README.md',
  'docs/own-facts.md',
  'docs/report.md',
  'docs/troubleshooting.md',
  'docs/instructions.md',
  'docs/relations.md',
  'docs/transforms.md',
]
/** Pages with commands that need a key, a server, a model’s file, files of the reader’s or a published package. */
const ELSEWHERE =
  /^docs\/(celebrities|cluster|cures|evaluators|hosted-finetuning|hosted-models|open-weight-models|pretrained-models|reproduce|wandb|extend\/[\w-]+|commands\/\w+|decisions\/.+)\.md$/

describe('the pages', () => {
  it('whose commands need nothing from elsewhere are all played', async () => {
    const withCommands: string[] = []
    for await (const page of glob(['README.md', 'docs/**/*.md'], { cwd: ROOT })) {
      if (/^```(sh|console)/m.test(await readFile(`${ROOT}${page}`, 'utf8'))) withCommands.push(page)
    }
    expect(withCommands.filter((page) => !ELSEWHERE.test(page))).to.have.members(PLAYED)
  })

  it('lead to pages, headings and pictures that are there', async () => {
    const missing: string[] = []
    const pages = await Array.fromAsync(glob(['*.md', 'docs/**/*.md'], { cwd: ROOT }))
    const texts = new Map(
      await Promise.all(pages.map(async (page) => [page, await readFile(`${ROOT}${page}`, 'utf8')] as const)),
    )
    for (const [page, text] of texts) {
      for (const [, target] of text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target!)) continue
        const url = new URL(target!, `file:///${page}`)
        const name = decodeURIComponent(url.pathname.slice(1)) || page
        const found = texts.get(name)
        const there = found !== undefined || (await readFile(`${ROOT}${name}`).then(() => true, isFolder))
        const heading = url.hash.slice(1)
        if (!there || (heading !== '' && found !== undefined && !slugs(found).includes(heading))) {
          missing.push(`${page}: ${target}`)
        }
      }
    }
    expect(missing).to.deep.equal([])
  })

  it('begin with a README of at most 15 KB', async () => {
    expect((await readFile(`${ROOT}README.md`)).length).to.be.at.most(15_000)
  })
})

for (const page of PLAYED) await describeDocs(page, { slow: false })

function isFolder(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EISDIR'
}

/** The anchors of a page’s headings, as GitHub makes them. */
function slugs(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
