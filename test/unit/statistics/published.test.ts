import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'csv-parse/sync'
import { adjustPValues } from '../../../src/lib/statistics/adjust-p-values.ts'
import { findDetectableEffect } from '../../../src/lib/statistics/detectable-effect.ts'
import { studentCritical } from '../../../src/lib/statistics/distributions.ts'
import { testKolmogorovSmirnov } from '../../../src/lib/statistics/kolmogorov-smirnov.ts'
import { estimateMean } from '../../../src/lib/statistics/mean-interval.ts'
import { testPairedT } from '../../../src/lib/statistics/paired-t.ts'
import { estimateProportion } from '../../../src/lib/statistics/proportion.ts'

const PUBLISHED = new URL('../../../../shared/published/celebrity_relations/', import.meta.url)

function readColumn(file: string, column: string): number[] {
  const rows: Record<string, string>[] = parse(readFileSync(new URL(file, PUBLISHED)), { columns: true })
  return rows.map((row) => Number(row[column]))
}

const percent = (value: number | null) => (100 * value!).toFixed(2)

describe('the published results', () => {
  before(function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
  })

  const models = [
    {
      file: 'gpt-3.5-turbo_reversal_test_results.csv',
      parents: 'gpt-3.5-turbo_can_find_parent',
      children: 'gpt-3.5-turbo_can_find_child',
      measure: (value: number) => value,
      expected: {
        parent: '34.84',
        child: '11.91',
        difference: '22.93',
        half: '2.13',
        t: '21.15',
        d: '0.355',
      },
      errors: ['1.05', '0.76'],
    },
    {
      file: 'llama-7b_reversal_test_results.csv',
      parents: 'llama-7b_parent_logprob',
      children: 'llama-7b_child_logprob',
      measure: Math.exp,
      expected: { parent: '8.04', child: '0.87', difference: '7.17', half: '0.86', t: '16.26', d: '0.328' },
      errors: ['0.47', '0.12'],
    },
  ]
  for (const { file, parents, children, measure, expected, errors } of models) {
    it(`has the means, differences and tests of ${file}`, () => {
      const first = readColumn(file, parents).map(measure)
      const second = readColumn(file, children).map(measure)
      const [parent, child] = [estimateMean({ values: first }), estimateMean({ values: second })]
      const paired = testPairedT({ first, second })
      expect(paired.n).to.equal(1513)
      expect({
        parent: percent(parent.estimate),
        child: percent(child.estimate),
        difference: percent(paired.estimate),
        half: percent(1.96 * paired.standardError!),
        t: paired.statistic!.toFixed(2),
        d: testKolmogorovSmirnov({ first, second }).statistic!.toFixed(3),
      }).to.deep.equal(expected)
      expect([percent(parent.standardError), percent(child.standardError)]).to.deep.equal(errors)
    })
  }

  it('has any of 10 answers of gpt-3.5-turbo right for 53.14 % of parents and 17.65 % of children', () => {
    const [{ file, parents, children }] = models as [(typeof models)[number]]
    const anyOf = [parents, children].map((column) => {
      const values = readColumn(file, column).map((share) => Number(share > 0))
      return percent(estimateMean({ values }).estimate)
    })
    expect(anyOf).to.deep.equal(['53.14', '17.65'])
  })

  it('has GPT-4 find the child for 32.72 % [30.40, 35.12] of parents', () => {
    const rows: Record<string, string>[] = parse(readFileSync(new URL('parent_child_pairs.csv', PUBLISHED)), {
      columns: true,
    })
    const found = rows.filter(({ can_reverse }) => can_reverse === 'True').length
    const { estimate, low, high } = estimateProportion({ successes: found, trials: rows.length })
    expect([estimate, low, high].map(percent)).to.deep.equal(['32.72', '30.40', '35.12'])
  })
})

/** Mean log-probability of the correct and of a random name, and p of the paired t test over 30 facts, of twelve models. */
const TABLE_3 = [
  { correct: -10.69, random: -10.54, p: 0.77 },
  { correct: -10.71, random: -10.28, p: 0.47 },
  { correct: -11.12, random: -10.15, p: 0.15 },
  { correct: -10.31, random: -9.32, p: 0.11 },
  { correct: -9.93, random: -9.65, p: 0.62 },
  { correct: -11.43, random: -10.98, p: 0.43 },
  { correct: -10.41, random: -9.61, p: 0.24 },
  { correct: -10.56, random: -10.0, p: 0.32 },
  { correct: -10.2, random: -9.26, p: 0.07 },
  { correct: -10.47, random: -10.28, p: 0.81 },
  { correct: -19.49, random: -18.79, p: 0.66 },
  { correct: -10.87, random: -11.15, p: 0.62 },
]

describe('Table 3 of the paper', () => {
  const df = 29
  const models = TABLE_3.map(({ correct, random, p }) => {
    const difference = correct - random
    const error = Math.abs(difference) / studentCritical(p / 2, df)
    const half = studentCritical(0.05, df) * error
    return { low: difference - half, high: difference + half, deviation: error * Math.sqrt(30) }
  })

  it('has no p-value below 0.8 once its twelve t tests are adjusted', () => {
    const adjusted = adjustPValues({ pValues: TABLE_3.map(({ p }) => p), method: 'holm' })
    expect(Math.min(...adjusted.map(Number))).to.be.closeTo(0.84, 1e-12)
  })

  it('could have found differences of 1.45 nats or more, as docs/statistics.md says', () => {
    const detectable = models.map(({ deviation }) => findDetectableEffect({ n: 30 })! * deviation)
    expect(Math.min(...detectable).toFixed(2)).to.equal('1.45')
  })

  it('shows equivalence within one nat for no model, but no gain of a nat for nine', () => {
    expect(models.filter(({ low, high }) => low > -1 && high < 1)).to.have.length(0)
    expect(models.filter(({ high }) => high < 1)).to.have.length(9)
  })
})
