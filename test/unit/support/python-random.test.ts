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
  [
    [27n, -27n],
    [9, 6, 3, 2, 5, 0, 1, 8, 4, 7],
    0.2529127327529692,
    476200223157315631449n,
    3,
    [31, 30, 62, 9, 93],
    [567, 555, 916, 991, 701],
    [3, 0, 18, 1, 11],
  ],
  [
    [-1n],
    [6, 8, 9, 7, 5, 3, 0, 4, 1, 2],
    0.7887233511355132,
    27446110966363139724n,
    5,
    [55, 77, 97, 0, 89],
    [942, 880, 561, 237, 414],
    [16, 11, 18, 19, 14],
  ],
  [
    [2n ** 32n],
    [8, 9, 3, 2, 4, 7, 0, 6, 5, 1],
    0.013998308316504615,
    1121902545772283816000n,
    5,
    [64, 40, 43, 94, 48],
    [851, 239, 991, 72, 848],
    [12, 1, 16, 3, 13],
  ],
  [
    [-(2n ** 100n) - 7n],
    [0, 8, 7, 3, 2, 9, 4, 5, 1, 6],
    0.7277073930455094,
    708654161711706064302n,
    2,
    [28, 61, 55, 16, 2],
    [331, 407, 950, 444, 557],
    [18, 15, 11, 13, 7],
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

  it('draws numbers of any size as CPython does', () => {
    const random = new PythonRandom(27)
    expect([1, 5, 32, 33, 64, 100, 0].map((bits) => random.getrandbits(bits))).to.deep.equal([
      1n,
      15n,
      3012359258n,
      5485611498n,
      3622997883989898869n,
      1050122136585674014985909326546n,
      0n,
    ])
    expect(range(8).map(() => random.randint(-3, 3))).to.deep.equal([1, -1, -1, -1, 3, 3, 0, -2])
    expect(random.randint(7, 7)).to.equal(7)
    expect(random.randint(0, 2 ** 32 - 1)).to.equal(3907052087)
    expect(random.randint(0, 2 ** 32)).to.equal(3601671271)
    expect(random.randint(-(2 ** 40), 2 ** 40)).to.equal(737767212939)
    expect(random.randint(0, 2 ** 53 - 2)).to.equal(474790338739207)
    expect(range(3).map(() => random.random())).to.deep.equal([
      0.6575282025298652, 0.9927052285500682, 0.012103541530799289,
    ])
    // A sample of 6 keeps a pool for up to 85 items, one of 16 for up to 277; of more, a set of what is chosen.
    expect(random.sample(range(6), 6)).to.deep.equal([5, 3, 2, 0, 1, 4])
    expect(random.sample(range(85), 6)).to.deep.equal([67, 18, 12, 50, 38, 4])
    expect(random.sample(range(86), 6)).to.deep.equal([67, 10, 21, 58, 19, 33])
    expect(random.sample(range(277), 16).slice(0, 4)).to.deep.equal([276, 26, 88, 7])
    expect(random.sample(range(278), 16).slice(0, 4)).to.deep.equal([135, 90, 247, 182])
    expect(random.sample(range(3), 0)).to.deep.equal([])
    expect(range(5).map(() => random.choice([...'abcdefg']))).to.deep.equal([...'faccg'])
    const many = range(2000)
    random.shuffle(many)
    expect(many.slice(0, 6)).to.deep.equal([1788, 100, 345, 161, 1486, 1449])
    expect(many.slice(-3)).to.deep.equal([1412, 1424, 1138])
    expect(random.random()).to.equal(0.06178017301331917)
  })

  it('goes back to the start when it is seeded again', () => {
    const random = new PythonRandom(5)
    const first = random.random()
    random.seed(5)
    expect(random.random()).to.equal(first)
  })

  it('refuses what cannot be drawn', () => {
    const random = new PythonRandom(1)
    expect(() => random.sample([1, 2], 3)).to.throw(RangeError)
    expect(() => random.randint(5, 2)).to.throw(RangeError)
    expect(() => random.choice([])).to.throw(RangeError)
    expect(() => random.getrandbits(-1)).to.throw(RangeError)
  })
})
