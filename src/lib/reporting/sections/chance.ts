import { adjustPValues } from '../../statistics/adjust-p-values.ts'
import type { ShuffledAnswersResult } from '../../statistics/shuffled-answers.ts'
import { sayP } from '../format.ts'
import type { Column, Row } from '../report.ts'
import { FEW, percent } from './finding-words.ts'

/** What the reverse accuracy beside them would be by luck. */
export const CHANCE_COLUMNS: readonly Column[] = [
  {
    ...{ key: 'chance', head: 'by chance', format: 'percent', detail: true },
    hint: 'reverse accuracy of the same answers, shuffled among the facts',
  },
  {
    ...{ key: 'p_chance', head: 'p (chance, Holm)', format: 'p', detail: true },
    hint: 'permutation test, one-sided: is the reverse accuracy higher than by chance? Adjusted for the number of rows',
  },
]

export function chanceCells({ chance, p }: ShuffledAnswersResult): Row {
  return { chance, p_chance: p }
}

/** The rows of a table, with their p-values adjusted for their number. */
export function adjustChance(rows: readonly Row[]): Row[] {
  const pValues = rows.map(({ p_chance: p }) => (typeof p === 'number' ? p : null))
  const adjusted = adjustPValues({ pValues, method: 'holm' })
  return rows.map((row, index) => ('p_chance' in row ? { ...row, p_chance: adjusted[index]! } : row))
}

/** A sentence for each row with right answers in reverse: whether they may be luck. */
export function describeChance(rows: readonly Row[]): string[] {
  const some = rows.filter(({ reverse }) => Number(reverse) > 0)
  if (some.length > FEW) return []
  const corrected = rows.length > 1 ? ' after Holm’s correction' : ''
  return some.flatMap(({ model, trained, reverse, chance, p_chance: p }) => {
    if (typeof p !== 'number') return []
    const test = `permutation test, ${sayP(p)}${corrected}`
    return `${model} is right in ${percent(reverse)} of reverse prompts (${trained}). Shuffled among the facts, the same answers would be right in ${percent(chance)}${p < 0.05 ? '' : ', so the right ones may be luck'} (${test}).`
  })
}
