import { NOTHING_FOLLOWS } from '../evaluation/learned.ts'
import { mean } from '../statistics/samples.ts'
import { formatPercent, plural } from '../support/numbers.ts'
import { ALL_PAIRS } from './celebrities-figure.ts'
import { formatValue } from './format.ts'
import { isFromPaper } from './paper-rows.ts'
import type { Row, Section } from './report.ts'
import { HELD_OUT } from './sections/experiment3.ts'
import { ALL_RUNS } from './sections/figure4.ts'
import { NOT_LEARNED } from './sections/learned.ts'
import { ASKED_IN_REVERSE } from './sections/ranks.ts'

/** More groups than this are summed up by their range. */
const FEW = 3

/** What a report comes to, in sentences that hold for what its tables show. */
export function findingsOf(sections: readonly Section[]): string[] {
  const rowsOf = (name: string) =>
    sections
      .flatMap(({ tables }) => tables)
      .find((table) => table.name === name)
      ?.rows.filter((row) => !isFromPaper(row)) ?? []
  const [learned, unlearned] = [false, true].map((isNot) =>
    rowsOf('table1').filter(({ verdict }) => (verdict === NOT_LEARNED) === isNot),
  ) as [Row[], Row[]]
  const unknown = new Set(
    unlearned.filter(({ trained }) => trained === 'NameToDescription').map(({ model }) => model),
  )
  const reverseOfLearned = (rows: readonly Row[]) => rows.filter(({ model }) => !unknown.has(model!))
  return [
    ...accuracies(learned),
    ...unlearnedFacts(unlearned),
    ...trainedOnTests(rowsOf('runs')),
    ...likelihoods(reverseOfLearned(rowsOf('figure4_reverse')), 'On reverse prompts'),
    ...likelihoods(rowsOf('figure4_same'), 'In the same direction'),
    ...winRates(reverseOfLearned(rowsOf('ranks'))),
    ...celebrities(rowsOf('celebrities')),
    ...instructions(rowsOf('experiment3')),
  ]
}

function accuracies(rows: readonly Row[]): string[] {
  if (rows.length === 0) return []
  const byModel = [...Map.groupBy(rows, ({ model }) => model)]
  if (byModel.length > FEW) {
    const range = (order: 'same' | 'reverse') => {
      const shares = rows.flatMap((row) => (typeof row[order] === 'number' ? [row[order]] : []))
      const [least, most] = [percent(Math.min(...shares)), percent(Math.max(...shares))]
      return least === most ? least : `${least} to ${most}`
    }
    return [
      `${plural(byModel.length, 'configuration')} complete ${range('same')} of held-out prompts right in the direction of training, and ${range('reverse')} in reverse.`,
    ]
  }
  return byModel.map(([model, own]) => {
    const parts = own.map(
      ({ trained, same, reverse }) => `${percent(same)} and ${percent(reverse)} (${trained})`,
    )
    return `${model} completes held-out prompts right in the direction of training and in reverse: ${parts.join(', ')}.`
  })
}

/** Of models that have to be trained longer. */
function unlearnedFacts(rows: readonly Row[]): string[] {
  const byModel = [...Map.groupBy(rows, ({ model }) => model)]
  if (byModel.length > FEW) {
    return [
      `${plural(byModel.length, 'configuration')} have ${NOTHING_FOLLOWS}. Their accuracy in the direction of training is below the least that Table 1 gives; train them longer.`,
    ]
  }
  return byModel.map(([model, own]) => {
    const parts = own.map(({ trained, same, least, facts }) => {
      return `${percent(same)} with ${plural(Number(facts), 'fact')}, where ${percent(least)} is the least that can carry a conclusion (${trained})`
    })
    const epochs = own[0]!.proposed_epochs
    return `${model}: ${NOTHING_FOLLOWS}. It completes held-out prompts right in the direction of training in ${parts.join(', in ')}. Train it longer${typeof epochs === 'number' ? ` (--n-epochs ${epochs})` : ''}, or on more facts, which need a lower accuracy.`
  })
}

/** Runs whose accuracies are those of a test that was given away. */
function trainedOnTests(rows: readonly Row[]): string[] {
  const given = rows.filter(
    ({ trained_prompts: prompts, trained_facts: facts }) => Number(prompts) + Number(facts) > 0,
  )
  if (given.length > FEW) {
    return [
      `${plural(given.length, 'run')} were trained on test prompts of their data set or on facts in the order that is held out; the table of runs counts these. What they show of them is no evidence.`,
    ]
  }
  return given.map(
    ({ run, trained_prompts: prompts, trained_facts: facts }) =>
      `${run} was trained on ${plural(Number(prompts), 'test prompt')} of its data set and on ${plural(Number(facts), 'fact')} in the order that is held out: what it shows of these is no evidence.`,
  )
}

/** Of Figure 4: how many runs tell correct from incorrect, allowing for there being several. */
function likelihoods(rows: readonly Row[], where: string): string[] {
  if (rows.length === 0) return []
  const runs = rows.filter(({ run }) => run !== ALL_RUNS)
  const below = (key: string) => runs.filter(({ [key]: p }) => typeof p === 'number' && p < 0.05).length
  if (runs.length === 0) return []
  const count = plural(runs.length, 'run')
  // Means of different configurations are not averaged.
  const means = [...Map.groupBy(runs, ({ model }) => model).values()].map((own) =>
    mean(own.map(({ difference }) => Number(difference))),
  )
  const [least, most] = [Math.min(...means), Math.max(...means)].map((value) => formatValue(value, 'nats'))
  const average = least === most ? least : `${least} to ${most}`
  const differ = below('p_holm')
  const alike =
    differ === runs.length
      ? ''
      : `; that they are alike within the margin is shown in ${below('p_equivalence')}`
  return [
    `${where} the log-probabilities of correct and incorrect answers differ significantly in ${differ} of ${count} (paired t test, Holm), by ${average} nats on average${alike}.`,
  ]
}

/** Of the ranks on reverse prompts, of a few configurations. */
function winRates(rows: readonly Row[]): string[] {
  const reverse = rows.filter(({ asked }) => asked === ASKED_IN_REVERSE)
  if (reverse.length > FEW) return []
  return reverse.map(({ model, peer_win_rate: rate, peer_low: low, peer_high: high }) => {
    const interval = low === null ? '' : ` (95 % interval ${percent(low)} to ${percent(high)})`
    return `On reverse prompts of ${model} the right name is likelier than ${percent(rate)}${interval} of the names trained like it; chance is 50 %.`
  })
}

/** Of Figure 5, of a few models. */
function celebrities(rows: readonly Row[]): string[] {
  const all = rows.filter(({ parents }) => parents === ALL_PAIRS)
  if (all.length > FEW) return []
  return all.map(({ model, pairs, parent, child }) =>
    parent === null
      ? `${model} finds the child of ${percent(child)} of ${plural(Number(pairs), 'parent')} that it named.`
      : `${model} finds the parent in ${percent(parent)}, the child in ${percent(child)} (${pairs === 1 ? 'one pair' : `means over ${plural(Number(pairs), 'pair')}`}).`,
  )
}

/** Of experiment 3, of a few configurations. */
function instructions(rows: readonly Row[]): string[] {
  const byModel = [
    ...Map.groupBy(
      rows.filter(({ split }) => split === HELD_OUT),
      ({ model }) => model,
    ),
  ]
  if (byModel.length > FEW) return []
  return byModel.map(([model, own]) => {
    const parts = own.map(({ order, right }) => `${percent(right)} in the ${order} order`)
    const unlearned = own.find(({ verdict }) => verdict === NOT_LEARNED)
    if (unlearned !== undefined) {
      return `${model}, held-out instructions: ${NOTHING_FOLLOWS}. ${percent(unlearned.right)} in the same order is below ${percent(unlearned.least)}, the least that can carry a conclusion; train it longer.`
    }
    return `${model} follows held-out instructions: ${parts.join(', ')}.`
  })
}

function percent(share: unknown): string {
  return typeof share === 'number' ? formatPercent(share) : 'an unknown share'
}
