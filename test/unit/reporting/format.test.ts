import { expect } from 'chai'
import { formatCell, formatHead, formatP, formatValue } from '../../../src/lib/reporting/format.ts'
import type { Column } from '../../../src/lib/reporting/report.ts'
import { toCsv } from '../../../src/lib/reporting/tabular.ts'

describe('a cell of a report', () => {
  const column: Column = {
    ...{ key: 'same', head: 'same direction', format: 'percent', deviation: 'sd' },
    interval: ['low', 'high'],
  }

  it('shows a share with its deviation and interval, where it has them', () => {
    const row = { same: 0.5, sd: 0.021, low: 0.4417, high: 0.558 }
    expect(formatCell(row, column)).to.equal('50.0 ± 2.1 [44.2, 55.8]')
    expect(formatCell({ ...row, low: null }, column)).to.equal('50.0 ± 2.1')
    expect(formatCell({ same: 0 }, column)).to.equal('0.0')
    expect(formatCell({ same: 1 / 3000, sd: 0.0002, low: 0.00001, high: 0.99999 }, column)).to.equal(
      '< 0.1 ± 0.0 [0.0, 100.0]',
    )
    expect(formatCell({ same: null, sd: 0.1 }, column)).to.equal('')
    expect(formatHead(column)).to.equal('same direction (%)')
  })

  it('shows each kind of number as readers know it', () => {
    expect(formatValue(-10.4712, 'nats')).to.equal('−10.47')
    expect(formatValue(-0.001, 'nats')).to.equal('0.00')
    expect(formatValue(-0.123, 'points')).to.equal('−12.3')
    expect(formatValue(1234567, 'count')).to.equal('1,234,567')
    expect(formatValue(125, 'duration')).to.equal('2 min 5 s')
    expect(formatValue(0, 'usd')).to.equal('free')
    expect(formatValue(1.5, 'usd')).to.equal('$1.50')
    expect(formatValue(0.05, 'number')).to.equal('0.05')
    expect(formatValue(0.123456, 'number')).to.equal('0.1235')
    expect(formatValue(20231234, 'number')).to.equal('20231234')
    expect(formatValue('text', 'percent')).to.equal('text')
  })

  it('gives a p-value the digits that count', () => {
    expect([0.774, 0.096, 0.0704, 0.00123, 0.0003, 1e-9, 1].map(formatP)).to.deep.equal([
      ...['0.77', '0.10', '0.070', '0.0012', '0.0003', '< 0.0001', '1.00'],
    ])
  })
})

describe('rows as CSV', () => {
  it('have all their keys as columns, all their digits, and quotes where needed', () => {
    const rows = [
      { model: 'ada, "new"', p: 0.1 + 0.2 },
      { model: 'b\nc', q: null, p: -1e-7 },
    ]
    expect(toCsv(rows)).to.equal('model,p,q\n"ada, ""new""",0.30000000000000004,\n"b\nc",-1e-7,\n')
  })
})
