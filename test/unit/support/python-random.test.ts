import { expect } from 'chai'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'

const range = (n: number) => Array.from({ length: n }, (_, index) => index)

/**
 * From Python 3.11: r = random.Random(seed); a = list(range(10)); r.shuffle(a); then r.random(),
 * r.getrandbits(70), r.randint(2, 5), r.sample(range(100), 90)[:5], r.sample(range(1000), 5), r.sample(range(21), 5).
 * The sign of a seed does not count.
 */
const DRAWS: [bigint[], number[], number, bigint, number, number[], number[], number[]][] = [
  [
    [42n, -42n],
    [7, 3, 2, 8, 5, 6, 9, 4, 0, 1],
    0.5904925124490397,
    92783382097018677491n,
    3,
    [29, 64, 77, 3, 71],
    [142, 252, 762, 574, 551],
    [8, 18, 13, 12, 11],
  ],
  [
    [2n ** 70n + 5n],
    [3, 1, 0, 4, 8, 2, 5, 9, 6, 7],
    0.10292206642091473,
    112457386878443609345n,
    5,
    [96, 64, 72, 31, 69],
    [725, 516, 257, 451, 2],
    [6, 1, 3, 8, 12],
  ],
  [
    [0n],
    [7, 8, 1, 5, 3, 4, 2, 0, 9, 6],
    0.3580493746949883,
    256559398996871995256n,
    3,
    [36, 17, 96, 12, 79],
    [699, 400, 857, 722, 537],
    [8, 16, 7, 6, 13],
  ],
]

describe('PythonRandom', () => {
  for (const [seeds, shuffled, float, bits, integer, many, few, pooled] of DRAWS) {
    for (const seed of seeds)
      it(`draws as CPython does from seed ${seed}`, () => {
        const random = new PythonRandom(seed)
        const items = range(10)
        random.shuffle(items)
        expect(items).to.deep.equal(shuffled)
        expect(random.random()).to.equal(float)
        expect(random.getrandbits(70)).to.equal(bits)
        expect(random.randint(2, 5)).to.equal(integer)
        expect(random.sample(range(100), 90).slice(0, 5)).to.deep.equal(many)
        expect(random.sample(range(1000), 5)).to.deep.equal(few)
        expect(random.sample(range(21), 5)).to.deep.equal(pooled)
      })
  }

  it('refuses what cannot be drawn', () => {
    const random = new PythonRandom(1)
    expect(() => random.sample([1, 2], 3)).to.throw(RangeError)
    expect(() => random.randint(5, 2)).to.throw(RangeError)
    expect(() => random.choice([])).to.throw(RangeError)
    expect(() => random.getrandbits(-1)).to.throw(RangeError)
  })
})
