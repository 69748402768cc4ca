import { PythonRandom } from '../support/python-random.ts'
import type { Defined } from './measurements.ts'

/** Up to this many facts in all, every order is counted: 9! of them. */
const MOST_EXACT = 9
/** Facts times random orders, which take a second. */
const MOST_LOOKS = 4_000_000
const FEWEST_ORDERS = 199

/** `right[i].get(j)`: answers to the prompts about fact i that would be right for fact j; no entry where there are none. */
export type RightAnswers = readonly ReadonlyMap<number, number>[]

export interface ShuffledAnswers {
  /** One for each data set: answers are shuffled among its own facts. */
  sets: readonly RightAnswers[]
  /** All answers, right or wrong. */
  answers: number
  /** Random orders to draw if there are too many to count them all. */
  resamples?: number
  seed?: number
}

export interface ShuffledAnswersResult {
  /** Share of right answers; null if there are no answers. */
  accuracy: Defined
  /** Its mean over all orders. */
  chance: Defined
  /** One-sided: the share of orders in which at least as many answers are right. */
  p: Defined
  method: 'exact' | 'monte-carlo'
  /** Orders that were counted; the observed one is among them. */
  permutations: number
}

/**
 * Permutation test: would the answers be right as often if they had been given to prompts about other facts? The answers
 * to the prompts about one fact stay together.
 */
export function testShuffledAnswers({
  sets,
  answers,
  resamples = 9999,
  seed = 0,
}: ShuffledAnswers): ShuffledAnswersResult {
  if (answers === 0) return { accuracy: null, chance: null, p: null, method: 'exact', permutations: 0 }
  const orders = sets.map((set) => [...set.keys()])
  const rightIn = (own: readonly (readonly number[])[]) =>
    sum(sets.map((set, index) => sum(set.map((row, fact) => row.get(own[index]![fact]!) ?? 0))))
  const observed = rightIn(orders)
  const chance = sum(sets.map((set) => sum(set.map((row) => sum([...row.values()]))) / set.length)) / answers
  const shares = { accuracy: observed / answers, chance }
  if (observed === 0) return { ...shares, p: 1, method: 'exact', permutations: 1 }
  const facts = sum(sets.map(({ length }) => length))
  let permutations = 0
  let atLeast = 0
  const count = () => {
    permutations++
    if (rightIn(orders) >= observed) atLeast++
  }
  const exact = facts <= MOST_EXACT
  if (exact) visitOrders(orders, count)
  else {
    const random = new PythonRandom(seed)
    const draws = Math.min(resamples, Math.max(FEWEST_ORDERS, Math.floor(MOST_LOOKS / facts)))
    count()
    for (let draw = 0; draw < draws; draw++) {
      for (const order of orders) random.shuffle(order)
      count()
    }
  }
  return { ...shares, p: atLeast / permutations, method: exact ? 'exact' : 'monte-carlo', permutations }
}

/** Bring lists into every order, each combined with every order of the others, and call `visit` in each. */
function visitOrders(lists: readonly number[][], visit: () => void, from = 0): void {
  const [list, ...others] = lists
  if (list === undefined) visit()
  else if (from >= list.length) visitOrders(others, visit)
  else {
    for (let index = from; index < list.length; index++) {
      exchange(list, from, index)
      visitOrders(lists, visit, from + 1)
      exchange(list, from, index)
    }
  }
}

function exchange(items: number[], a: number, b: number): void {
  const held = items[a]!
  items[a] = items[b]!
  items[b] = held
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
