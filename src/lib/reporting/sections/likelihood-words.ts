import { mean } from '../../statistics/samples.ts'
import { plural } from '../../support/numbers.ts'
import { formatValue, sayP } from '../format.ts'
import type { Row } from '../report.ts'

const LEVEL = 0.05

interface Likelihoods {
  /** Start of the sentence, such as "On reverse prompts". */
  where: string
  /** Differences below it, in nats, do not matter. */
  margin: number
  /** One row per run, with `model`, `difference`, `p_t`, `p_holm` and `p_equivalence`. */
  runs: readonly Row[]
}

/** For Figure 4: whether models distinguish correct from incorrect answers, and if not, whether that is conclusive. */
export function describeLikelihoods({ runs, ...rest }: Likelihoods): string[] {
  const tested = runs.filter(({ p_t: p }) => typeof p === 'number')
  const [first, ...others] = tested
  if (first === undefined) return []
  return [
    others.length === 0 ? describeOne({ ...rest, run: first }) : describeMany({ ...rest, runs: tested }),
  ]
}

function describeOne({ where, margin, run }: Omit<Likelihoods, 'runs'> & { run: Row }): string {
  const difference = Number(run.difference)
  const nats = `${formatValue(Math.abs(difference), 'nats')} nats`
  const least = plural(margin, 'nat')
  const alike = isBelow(run, 'p_equivalence')
  if (isBelow(run, 'p_t')) {
    const likelier = difference > 0 ? 'likelier' : 'less likely'
    const small = alike
      ? ` That is too little to matter: the equivalence test shows that it is less than ${least} (${pOf(run, 'p_equivalence')}).`
      : ''
    return `${where} correct answers are ${likelier} than incorrect ones, by ${nats} on average (paired t test, ${pOf(run, 'p_t')}).${small}`
  }
  const chance = `their log-probabilities differ by ${nats} on average, which may be chance (paired t test, ${pOf(run, 'p_t')})`
  return alike
    ? `${where} the model does not distinguish correct from incorrect answers: ${chance}. The equivalence test shows that the difference is less than ${least} (${pOf(run, 'p_equivalence')}), too little to matter.`
    : `${where} it is not shown that the model distinguishes correct from incorrect answers: ${chance}. Nor does the equivalence test show that the difference is less than ${least} (${pOf(run, 'p_equivalence')}), so there may be one that matters: test more facts.`
}

function describeMany({ where, margin, runs }: Likelihoods): string {
  const all = plural(runs.length, 'run')
  const of = (count: number) => {
    if (count === runs.length) return count === 2 ? 'both runs' : `all ${all}`
    return `${count === 0 ? 'none' : count} of the ${all}`
  }
  const least = plural(margin, 'nat')
  const differ = runs.filter((run) => isBelow(run, 'p_holm')).length
  const alike = runs.filter((run) => isBelow(run, 'p_equivalence')).length
  const open = runs.filter((run) => !isBelow(run, 'p_holm') && !isBelow(run, 'p_equivalence')).length
  const below = runs.filter((run) => isBelow(run, 'p_holm') && Number(run.difference) < 0).length
  const found = `${where} ${of(differ)} ${differ <= 1 ? 'is' : 'are'} shown to distinguish correct from incorrect answers (paired t tests, p below ${LEVEL} after Holm’s correction); the mean difference, correct minus incorrect, is ${rangeOf(runs)} nats.`
  const less = below === 0 ? '' : ` To ${of(below)} correct answers are the less likely ones.`
  const equal =
    alike === 0
      ? ''
      : ` In ${of(alike)} the equivalence test shows that the difference is less than ${least}, too little to matter.`
  const undecided =
    open === 0
      ? ''
      : ` In ${of(open)} neither a difference nor its absence is shown, so there may still be one that matters: test more facts.`
  return `${found}${less}${equal}${undecided}`
}

/** Means of different configurations are not averaged. */
function rangeOf(runs: readonly Row[]): string {
  const means = [...Map.groupBy(runs, ({ model }) => model).values()].map((own) =>
    mean(own.map(({ difference }) => Number(difference))),
  )
  const [least, most] = [Math.min(...means), Math.max(...means)].map((value) => formatValue(value, 'nats'))
  return least === most ? least! : `${least} to ${most}`
}

function isBelow(run: Row, key: string): boolean {
  const p = run[key]
  return typeof p === 'number' && p < LEVEL
}

function pOf(run: Row, key: string): string {
  const value = run[key]
  return typeof value === 'number' ? sayP(value) : 'p = unknown'
}
