import { comparable } from '../../evaluation/measures.ts'
import type { RightAnswers } from '../../statistics/shuffled-answers.ts'
import type { PromptScore } from './prompt-scores.ts'

/**
 * For which facts of its data set each answer would be right, if the prompt had been about that fact: prompts of one
 * template have the same words around the target. Counts are over all prompts and runs; those without an answer are left out.
 */
export function rightAnswers(scores: readonly PromptScore[]): { right: RightAnswers; answers: number } {
  const answered = scores.filter(({ right, answer }) => right !== null && answer !== undefined)
  const factOf = new Map([...new Set(answered.map(({ fact }) => fact))].map((fact, index) => [fact, index]))
  const right = Array.from(factOf, () => new Map<number, number>())
  for (const own of Map.groupBy(answered, ({ template }) => template).values()) {
    const facts = new Map<string, Set<number>>()
    for (const { fact, target } of own) {
      const start = comparable(target)
      const known = facts.get(start) ?? new Set()
      facts.set(start, known.add(factOf.get(fact)!))
    }
    const lengths = new Set([...facts.keys()].map(({ length }) => length))
    for (const { fact, answer } of own) {
      const text = comparable(answer!)
      const row = right[factOf.get(fact)!]!
      for (const length of lengths) {
        if (length > text.length) continue
        for (const other of facts.get(text.slice(0, length)) ?? []) row.set(other, (row.get(other) ?? 0) + 1)
      }
    }
  }
  return { right, answers: answered.length }
}
