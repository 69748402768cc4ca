import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { FigureSpec } from '../../../src/lib/reporting/render-figure.ts'
import { renderPng, renderSvg, saveFigure } from '../../../src/lib/reporting/render-figure.ts'
import { colour, FIGURE_CONFIG } from '../../../src/lib/reporting/theme.ts'

const SPEC: FigureSpec = {
  description: 'Ada is right in 3 of 4 & "Bo" in <none>.',
  title: 'Right answers',
  data: {
    values: [
      { model: 'Ada', right: 3 },
      { model: 'Bo <b>', right: 0 },
    ],
  },
  mark: { type: 'bar', color: colour('same') },
  encoding: {
    x: { field: 'right', type: 'quantitative' },
    y: { field: 'model', type: 'nominal', title: null },
  },
}

/** Width and height in pixels, from the header of a PNG. */
function sizeOf(png: Uint8Array): [number, number] {
  const bytes = Buffer.from(png)
  expect(bytes.subarray(1, 4).toString('latin1')).to.equal('PNG')
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
}

const textSvg = (text: string, family: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="15" font-family="${family}">${text}</text></svg>`

describe('a figure', () => {
  it('is drawn as SVG with its text alternative, its colours and its texts escaped', async () => {
    const svg = await renderSvg(SPEC)
    expect(svg).to.match(
      /^<svg role="img" aria-label="Ada is right in 3 of 4 &#38; &#34;Bo&#34; in &#60;none&#62;\." /,
    )
    expect(svg).to.include(`fill="${colour('same')}"`)
    expect(svg).to.include('Right answers').and.to.include('Bo &lt;b&gt;')
    expect(svg).not.to.match(/<b>|https?:(?!\/\/www\.w3\.org\/)/)
  })

  it('has a sign in place of characters that no SVG may hold', async () => {
    const svg = await renderSvg({ ...SPEC, data: { values: [{ model: 'Ada\u0001 \ud800 😀', right: 1 }] } })
    expect(svg).to.include('Ada\ufffd \ufffd 😀')
    expect(sizeOf(await renderPng(svg))[0]).to.be.above(0)
  })

  it('is laid out by the width of its texts', async () => {
    const widthWith = async (model: string) => {
      const svg = await renderSvg({ ...SPEC, data: { values: [{ model, right: 1 }] } })
      return Number(/width="(\d+)"/.exec(svg)?.[1])
    }
    const [narrow, wide] = [await widthWith('iiiiiiiiii'), await widthWith('MMMMMMMMMM')]
    expect(wide - narrow).to.be.within(50, 90)
  })

  it('is three files, its specification complete with the look', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'figure-'))
    try {
      const svg = await saveFigure({ directory, name: 'right', spec: SPEC })
      expect(await readdir(directory)).to.have.members(['right.png', 'right.svg', 'right.vl.json'])
      expect(await readFile(join(directory, 'right.svg'), 'utf8')).to.equal(`${svg}\n`)
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number)
      expect(sizeOf(await readFile(join(directory, 'right.png')))).to.deep.equal([3 * width!, 3 * height!])
      const spec = JSON.parse(await readFile(join(directory, 'right.vl.json'), 'utf8'))
      expect(spec).to.deep.equal(JSON.parse(JSON.stringify({ ...SPEC, config: FIGURE_CONFIG })))
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('has letters in its PNG, of the font that ships with the tool and no other', async () => {
    const png = async (text: string, family: string) =>
      Buffer.from(await renderPng(textSvg(text, family))).toString('base64')
    const empty = await png('', 'Inter')
    const inter = await png('Ω ± 3', 'Inter')
    expect(inter).not.to.equal(empty)
    expect(await png('Ω ± 4', 'Inter')).not.to.equal(inter)
    expect(await png('Ω ± 3', 'Inter, system-ui')).to.equal(inter)
    expect(await png('Ω ± 3', 'DejaVu Sans, Inter')).to.equal(inter)
  })
})
