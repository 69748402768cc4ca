import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import { formatCount } from '../support/numbers.ts'

type AnsweredBy = NonNullable<EvaluationSummary['answered_by']>

/**
 * The models that a server reports, most answers first, if it reports several: another model may have taken over the
 * same address and name. Answers without a report are ignored. Undefined if all are alike.
 */
export function findMixture(samples: readonly ScoredSample[]): AnsweredBy | undefined {
  const told = samples.flatMap(({ endings = [] }) => endings.flatMap(({ answered_by }) => answered_by ?? []))
  const alike = Map.groupBy(told, ({ model, system_fingerprint }) =>
    JSON.stringify([model, system_fingerprint]),
  )
  if (alike.size < 2) return undefined
  return [...alike.values()]
    .map((own) => ({ ...own[0]!, answers: own.length }))
    .toSorted((a, b) => b.answers - a.answers)
}

/** Such as `The server says that several models answered: x (fp_1) 12 times, x (fp_2) 3 times.`; undefined for none. */
export function describeMixture(mixture: AnsweredBy | undefined): string | undefined {
  if (mixture === undefined) return undefined
  const named = mixture.map(({ model = 'no name', system_fingerprint: fingerprint, answers }) => {
    const name = fingerprint === undefined ? model : `${model} (${fingerprint})`
    return `${name} ${answers === 1 ? 'once' : `${formatCount(answers)} times`}`
  })
  return `The server says that several models or versions answered: ${named.join(', ')}.`
}
