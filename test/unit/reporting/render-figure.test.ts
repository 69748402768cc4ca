import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { expect } from 'chai'
import { ownFont } from '../../../src/lib/reporting/font.ts'
import { renderPdf } from '../../../src/lib/reporting/pdf/render-pdf.ts'
import type { FigureSpec } from '../../../src/lib/reporting/render-figure.ts'
import { renderPng, renderSvg, saveFigure } from '../../../src/lib/reporting/render-figure.ts'
import { colour, FIGURE_CONFIG } from '../../../src/lib/reporting/theme.ts'
import { failure } from '../../helpers/failure.ts'

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

  it('has room for headings of panels that are wider than the panels', async () => {
    const values = [{ model: 'Ada', right: 1, panel: 'a panel with a name that is longer than wide' }]
    const svg = await renderSvg({
      description: 'x',
      data: { values },
      facet: { row: { field: 'panel', type: 'nominal', title: null, header: { orient: 'top' } } },
      spec: { width: 40, mark: 'bar', encoding: { x: { field: 'right', type: 'quantitative' } } },
    })
    const [, width] = /viewBox="0 0 ([\d.]+) /.exec(svg)!.map(Number)
    const { Resvg } = await import('@resvg/resvg-js')
    const box = new Resvg(svg, { font: ownFont() }).getBBox()!
    expect(box.x + box.width).to.equal(width)
    expect(width).to.be.above(200)
    expect(svg).to.include(`<rect width="${width}"`)
  })

  it('is four files, its specification complete with the look', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'figure-'))
    try {
      const svg = await saveFigure({ directory, name: 'right', spec: SPEC })
      expect(await readdir(directory)).to.have.members([
        ...['right.pdf', 'right.png', 'right.svg', 'right.vl.json'],
      ])
      expect(await readFile(join(directory, 'right.svg'), 'utf8')).to.equal(`${svg}\n`)
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number)
      expect(sizeOf(await readFile(join(directory, 'right.png')))).to.deep.equal([3 * width!, 3 * height!])
      const spec = JSON.parse(await readFile(join(directory, 'right.vl.json'), 'utf8'))
      expect(spec).to.deep.equal(JSON.parse(JSON.stringify({ ...SPEC, config: FIGURE_CONFIG })))
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  describe('as PDF', () => {
    const pdfOf = async (svg: string) => {
      const bytes = Buffer.from(await renderPdf(svg, { title: 'Größe' }))
      const text = bytes.toString('latin1')
      const [, length] = /\/Length (\d+)/.exec(text)!
      const start = text.indexOf('stream\n') + 'stream\n'.length
      const content = inflateSync(bytes.subarray(start, start + Number(length))).toString('latin1')
      return { bytes, text, content }
    }

    it('is one page as large as the figure, and its table of objects holds', async () => {
      const svg = await renderSvg(SPEC)
      const { bytes, text } = await pdfOf(svg)
      const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number)
      expect(text)
        .to.match(/^%PDF-1\.4\n/)
        .and.to.match(/%%EOF\n$/)
      expect(text).to.include(`/MediaBox [0 0 ${0.75 * width!} ${0.75 * height!}]`)
      expect(text).to.include('/Title <feff0047007200f600df0065>')
      const table = Number(/startxref\n(\d+)/.exec(text)![1])
      expect(bytes.toString('latin1', table, table + 4)).to.equal('xref')
      const offsets = [...text.slice(table).matchAll(/^(\d{10}) 00000 n/gm)].map(([, offset]) =>
        Number(offset),
      )
      expect(offsets).to.have.length(5)
      for (const [index, offset] of offsets.entries()) {
        expect(text.slice(offset, offset + 7)).to.equal(`${index + 1} 0 obj`)
      }
    })

    it('has its letters as outlines, and no font', async () => {
      const { text, content } = await pdfOf(textSvg('Ada', 'Inter'))
      expect(text).not.to.match(/\/Font|\/Type ?\/Font/)
      expect(content).not.to.match(/\bBT\b|\bTj\b/)
      // Each of the three letters has curves, and Inter's has them at the same place wherever it is drawn.
      expect(content.match(/ c$/gm)!.length).to.be.above(20)
      expect((await pdfOf(textSvg('Ado', 'Inter'))).content).not.to.equal(content)
      expect((await pdfOf(textSvg('Ada', 'Inter'))).content).to.equal(content)
      expect((await pdfOf(textSvg('', 'Inter'))).content).not.to.match(/ [lc]$/m)
    })

    it('keeps colours, dashes, clips and what shines through, and leaves out what is hidden', async () => {
      const drawn = await pdfOf(
        `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10" viewBox="0 0 20 10"><defs><clipPath id="c"><rect width="5" height="5"/></clipPath></defs><g clip-path="url(#c)" opacity="0.5"><rect width="20" height="10" fill="#ff0000" fill-opacity="0.4"/></g><path d="M0 1L20 1" fill="none" stroke="#0000ff" stroke-width="2" stroke-dasharray="3 3"/><g opacity="0"><rect x="7" width="3" height="3"/></g></svg>`,
      )
      expect(drawn.content).to.match(/0 0 m\n5 0 l\n5 5 l\n0 5 l\nh\nW n/)
      expect(drawn.content).to.include('/f200 gs\n1 0 0 rg')
      expect(drawn.text).to.include('/f200 << /ca 0.2 >>')
      expect(drawn.content).to.include('0 0 1 RG\n2 w\n0 J\n0 j\n4 M\n[3 3] 0 d\n0 1 m\n20 1 l\nS')
      expect(drawn.content).not.to.include('7 0 m')
    })

    it('refuses what it would draw wrong', async () => {
      const { message } = await failure(
        pdfOf(
          '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"><defs><linearGradient id="g"><stop offset="0" stop-color="red"/><stop offset="1"/></linearGradient></defs><rect width="9" height="9" fill="url(#g)"/></svg>',
        ),
      )
      expect(message).to.equal('A figure holds linearGradient, which cannot be drawn as PDF.')
    })
  })

  it('has the given width, letters of the usual size, and no title', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'figure-'))
    try {
      const look = { title: false, width: 85 }
      const svg = await saveFigure({ directory, name: 'right', spec: SPEC, look })
      expect(svg).to.include(' width="85mm" height="').and.not.to.include('Right answers')
      const [, units] = /viewBox="0 0 ([\d.]+) /.exec(svg)!.map(Number)
      // 85 mm are 321 pixels, so nothing is scaled.
      expect(units).to.be.within(316, 326)
      expect(sizeOf(await readFile(join(directory, 'right.png')))[0]).to.be.within(960, 967)
      const pdf = await readFile(join(directory, 'right.pdf'), 'latin1')
      expect(pdf).to.include('/MediaBox [0 0 240.945 ')
      const spec = JSON.parse(await readFile(join(directory, 'right.vl.json'), 'utf8'))
      expect(spec).not.to.have.property('title')
      expect(spec.config.view.continuousWidth).to.be.below(330)
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
