import { expect } from 'chai'
import {
  formatAgo,
  formatBytes,
  formatDecimals,
  formatDollars,
  formatDuration,
  formatNumber,
  formatPercent,
  formatProgress,
  plural,
} from '../../../src/lib/support/numbers.ts'

describe('words for numbers', () => {
  const NOW = new Date('2026-11-24T12:00:00Z')
  const cases: [name: string, format: () => string, text: string][] = [
    ['none', () => plural(0, 'epoch'), '0 epochs'],
    ['one', () => plural(1, 'epoch'), '1 epoch'],
    ['many', () => plural(1200, 'epoch'), '1,200 epochs'],
    ['one with its verb', () => plural(1, 'name has', 'names have'), '1 name has'],
    [
      'several of a word with a plural of its own',
      () => plural(2, 'celebrity', 'celebrities'),
      '2 celebrities',
    ],
    ['a share of nothing', () => formatPercent(0), '0.0 %'],
    ['one of 3,000', () => formatPercent(1 / 3000), '< 0.1 %'],
    ['all but one of 3,000', () => formatPercent(2999 / 3000), '> 99.9 %'],
    ['all', () => formatPercent(1), '100.0 %'],
    ['one of 1,000', () => formatPercent(1 / 1000), '0.1 %'],
    ['a share', () => formatPercent(0.99333), '99.3 %'],
    ['a negative share', () => formatPercent(-0.123), '−12.3 %'],
    ['a share that rounds to zero from below', () => formatPercent(-0.0001), '0.0 %'],
    ['a log-probability', () => formatDecimals(-10.4712, 2), '−10.47'],
    ['a decimal that rounds to zero from below', () => formatDecimals(-0.0004, 3), '0.000'],
    ['a setting', () => formatNumber(0.05), '0.05'],
    ['a negative number', () => formatNumber(-30), '−30'],
    ['progress just before the end', () => formatProgress(999, 1000), '99 %'],
    ['progress of nothing', () => formatProgress(0, 0), '0 %'],
    ['dollars', () => formatDollars(1.5), '$1.50'],
    ['less than a cent', () => formatDollars(0.0031), '$0.01'],
    ['no dollars', () => formatDollars(0), '$0.00'],
    ['bytes', () => formatBytes(512), '512 B'],
    ['megabytes', () => formatBytes(1_230_000), '1.2 MB'],
    ['hardly any time', () => formatDuration(0.004), '0.1 s'],
    ['less than a second', () => formatDuration(0.42), '0.4 s'],
    ['about a second', () => formatDuration(0.96), '1 s'],
    ['seconds that round to a minute', () => formatDuration(59.6), '1 min 0 s'],
    ['minutes', () => formatDuration(185), '3 min 5 s'],
    ['hours', () => formatDuration(2 * 3600 + 10 * 60 + 5), '2 h 10 min'],
    ['now', () => formatAgo('2026-11-24T11:59:50Z', NOW), 'just now'],
    ['an hour ago', () => formatAgo('2026-11-24T10:30:00Z', NOW), '1 hour ago'],
    ['days ago', () => formatAgo('2026-11-20T12:00:00Z', NOW), '4 days ago'],
  ]
  for (const [name, format, text] of cases) {
    it(`say ${name} as “${text}”`, () => expect(format()).to.equal(text))
  }
})
