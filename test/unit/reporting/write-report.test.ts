import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { intervalFigure } from '../../../src/lib/reporting/interval-figure.ts'
import type { Report } from '../../../src/lib/reporting/report.ts'
import { writeReport } from '../../../src/lib/reporting/write-report.ts'

describe('writeReport', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'write-report-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('stops where its signal aborts, and leaves an earlier report as it was', async () => {
    const figure = intervalFigure({
      ...{ name: 'one', title: 'One', caption: '', shape: 'bar', series: [{ name: 'a', colour: '#000' }] },
      marks: [{ label: 'x', series: 'a', value: 0.5, low: 0.4, high: 0.6 }],
      axis: { title: 'share', unit: 'percent' },
    })
    const report: Report = {
      ...{ title: 'T', name: 'n', createdAt: '2026-11-25T22:00:00.000Z', toolVersion: '0', findings: [] },
      warnings: [],
      sections: [{ id: 's', title: 'S', text: [], figures: [figure], tables: [] }],
    }
    const directory = join(folder, 'n')
    const { page } = await writeReport({ report, directory })
    const before = await readFile(page, 'utf8')
    const stopped = writeReport({
      ...{ report: { ...report, title: 'Other' }, directory },
      signal: AbortSignal.abort(new Error('stopped')),
    })
    expect(await stopped.catch((error: Error) => error.message)).to.equal('stopped')
    expect(await readFile(page, 'utf8')).to.equal(before)
    expect(await readdir(folder)).to.deep.equal(['n'])
  })
})
