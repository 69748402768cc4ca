import { expect } from 'chai'
import {
  coinCdf,
  normalCdf,
  normalQuantile,
  studentCritical,
  studentTail,
} from '../../../src/lib/statistics/distributions.ts'
import { expectClose, reference } from './reference.ts'

const { student, critical, normal, quantiles, coins } = reference.distributions

describe('the distributions', () => {
  it('has the tails of Student’s t, far out too', () => {
    for (const { t, df, tail } of student) expectClose({ tail: studentTail(t, df) }, { tail })
  })

  it('has the critical values of Student’s t', () => {
    for (const { tail, df, t } of critical) expectClose({ t: studentCritical(tail, df) }, { t })
  })

  it('has the normal distribution and its quantiles', () => {
    for (const { z, p } of normal) expectClose({ p: normalCdf(z) }, { p })
    for (const { p, z } of quantiles) expectClose({ z: normalQuantile(p) }, { z })
    expect([0, 0.5, 1].map(normalQuantile)).to.deep.equal([
      Number.NEGATIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
    ])
  })

  it('has the heads of fair coins', () => {
    for (const { k, n, p } of coins) expectClose({ p: coinCdf(k, n) }, { p })
    expect([coinCdf(-1, 4), coinCdf(4, 4), coinCdf(0, 0)]).to.deep.equal([0, 1, 1])
  })

  it('comes to 0, without an error, where a tail is below what a double holds', () => {
    expect([studentTail(200, 1512), normalCdf(-50), coinCdf(0, 3000)]).to.deep.equal([0, 0, 0])
  })
})
