import type { Direction } from '../../evaluation/directions.ts'
import { DIRECTIONS } from '../../evaluation/directions.ts'
import { NOTHING_FOLLOWS } from '../../evaluation/learned.ts'
import { PAPER_MODEL, PAPER_TABLE_1 } from '../../evaluation/paper.ts'
import { proposeEpochs } from '../../finetuning/epochs.ts'
import { plural } from '../../support/numbers.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import type { Mark } from '../interval-figure.ts'
import { intervalFigures, SAME_AND_REVERSE } from '../interval-figure.ts'
import { fromPaper } from '../paper-rows.ts'
import type { Column, Row, Section } from '../report.ts'
import { adjustChance, CHANCE_COLUMNS, chanceCells, describeChance } from './chance.ts'
import { FEW, percent } from './finding-words.ts'
import { LEARNED, NOT_LEARNED } from './learned.ts'
import { deviationOfCells, directionScores, estimateShare, pool } from './pooled.ts'
import { measureDirection, orderMarks } from './table1-cells.ts'

/** The facts that were trained in both orders, which have no reverse. */
const BOTH = 'both directions'
const BOTH_SPLIT = 'both_prompts_test'

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'trained', head: 'trained', format: 'text' },
  {
    ...{ key: 'same', head: 'same direction', format: 'percent', deviation: 'same_sd' },
    interval: ['same_low', 'same_high'],
  },
  {
    ...{ key: 'reverse', head: 'reverse', format: 'percent', deviation: 'reverse_sd' },
    interval: ['reverse_low', 'reverse_high'],
  },
  {
    ...{ key: 'gap', head: 'reversal gap', format: 'points', interval: ['gap_low', 'gap_high'] },
    hint: 'same direction minus reverse',
  },
  {
    ...{ key: 'least', head: 'least', format: 'percent', detail: true },
    hint: 'accuracy in the same direction that makes the reverse conclusive',
  },
  { key: 'verdict', head: 'facts are', format: 'text' },
  ...CHANCE_COLUMNS,
  { key: 'seeds', head: 'runs', format: 'count', detail: true },
  { key: 'facts', head: 'facts', format: 'count', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count', detail: true, hint: 'in each direction' },
]

/** The paper's Table 1: how often held-out prompts are completed right, in the direction of training and in reverse. */
export function table1Section({ runs }: Evidence): Section | undefined {
  const own = adjustChance(
    byGroup(runs.filter(({ directions }) => directions !== undefined))
      .flatMap(([group, members]) => [
        ...DIRECTIONS.map((direction) => tableRow(group, direction, members)),
        bothRow(group, members),
      ])
      .filter((row) => row !== undefined),
  )
  const inOneOrder = own.filter(({ trained }) => trained !== BOTH)
  if (inOneOrder.length === 0) return undefined
  const rows = [...own, ...DIRECTIONS.map(paperRow)]
  const isUnlearned = ({ verdict }: Row) => verdict === NOT_LEARNED
  return {
    id: 'table1',
    findings: [
      ...accuracies(inOneOrder.filter((row) => !isUnlearned(row))),
      ...describeChance(inOneOrder),
      ...unlearnedFacts(inOneOrder.filter(isUnlearned)),
    ],
    title: 'Accuracy in both directions (Table 1)',
    text: [
      'The share of held-out prompts that are completed correctly: the completion begins with the target, letter case aside, as in the paper. In the same direction, a prompt gives the part of the fact that was trained first; in reverse, it gives the other part. Brackets are 95 % intervals clustered by fact, as the prompts about one fact are not independent.',
      'Facts are “learned” if the accuracy in the same direction is high enough to make 0.0 % in reverse evidence. If the model knew the reverse as well, it would get all of n facts wrong with probability (1 − accuracy)ⁿ; from the least accuracy on, this is below 5 %. Below the least accuracy, nothing follows for the reverse, whatever it is: train such a model longer.',
      'A few right answers in reverse may be luck. “By chance” is how often the same answers would be right if they were shuffled among the facts; p is the share of such orders in which at least as many are right, with Holm’s correction for the number of rows.',
    ],
    figures: intervalFigures({
      name: 'table1',
      title: 'Accuracy on held-out prompts',
      caption: 'Accuracy on held-out prompts. Thin lines are 95 % intervals, clustered by fact.',
      marks: rows.flatMap(marksOf),
      shape: 'bar',
      series: SAME_AND_REVERSE,
      axis: { title: 'accuracy', unit: 'percent' },
    }),
    tables: [
      {
        name: 'table1',
        title: 'Right completions of held-out prompts',
        columns: COLUMNS,
        rows,
        notes: [
          ...spreadNote(own),
          ...(own.length > inOneOrder.length
            ? [
                `“${BOTH}” are the facts that were trained in both orders (${BOTH_SPLIT}). They have no reverse: a model that fails on them does not fail because of the order. Targets of description-first prompts continue after the name, as in the original.`,
              ]
            : []),
          ...reverseNote(own),
          'If every fact has the same accuracy, the interval is Wilson’s, with one trial per fact.',
          `The paper’s rows are for ${PAPER_MODEL}.`,
        ],
      },
    ],
  }
}

function tableRow(group: string, direction: Direction, runs: readonly RunEvidence[]): Row | undefined {
  const { cells, same, reverse, shuffled, gap, judged, verdict } = measureDirection(runs, direction)
  if (cells.same.values.length === 0 && cells.reverse.values.length === 0) return undefined
  const facts = new Set([...cells.same.clusters, ...cells.reverse.clusters]).size
  return {
    model: group,
    trained: direction,
    same: same.estimate,
    same_sd: deviationOfCells(cells.same),
    same_low: same.low,
    same_high: same.high,
    reverse: reverse.estimate,
    reverse_sd: deviationOfCells(cells.reverse),
    reverse_low: reverse.low,
    reverse_high: reverse.high,
    ...chanceCells(shuffled),
    gap: gap.estimate,
    gap_low: gap.low,
    gap_high: gap.high,
    least: judged?.least ?? null,
    verdict,
    ...(judged?.learned === false && { proposed_epochs: proposeEpochsFor(runs) }),
    seeds: runs.length,
    facts,
    ...(judged !== undefined && judged.facts < facts && { reverse_facts: judged.facts }),
    prompts: Math.max(cells.same.values.length, cells.reverse.values.length),
    ...fewerInReverse(cells),
  }
}

/** Where prompts about facts that were told in both orders are no part of the reverse, or answers to them are missing. */
function fewerInReverse({ same, reverse }: ReturnType<typeof measureDirection>['cells']): Row {
  const prompts = reverse.values.length
  return prompts === 0 || prompts >= same.values.length ? {} : { reverse_prompts: prompts }
}

/** A control: facts that were trained in both orders have only the order of training. */
function bothRow(group: string, runs: readonly RunEvidence[]): Row | undefined {
  const pooled = pool(directionScores(runs), BOTH_SPLIT, ({ right }) => right)
  if (pooled.values.length === 0) return undefined
  const { estimate, low, high } = estimateShare(pooled)
  return {
    ...{ model: group, trained: BOTH },
    ...{ same: estimate, same_sd: deviationOfCells(pooled), same_low: low, same_high: high, reverse: null },
    seeds: runs.length,
    facts: new Set(pooled.clusters).size,
    prompts: pooled.values.length,
  }
}

/** Explains what the deviations in these rows cover. */
function spreadNote(rows: readonly Row[]): string[] {
  const runs = new Set(rows.map(({ seeds }) => Number(seeds) > 1))
  if (!runs.has(true)) return ['± is the spread over held-out templates (their standard deviation).']
  const over = runs.has(false) ? '; with one run, over templates' : ''
  return [`± is the spread (standard deviation) over held-out templates and runs, as in the paper${over}.`]
}

/** How many prompts the reverse is of, where that is not the number in the table. */
function reverseNote(rows: readonly Row[]): string[] {
  const fewer = rows.filter(({ reverse_prompts: prompts }) => typeof prompts === 'number')
  if (fewer.length === 0) return []
  const counts = fewer.map(
    ({ model, trained, reverse_prompts: prompts }) => `${prompts} (${model}, ${trained})`,
  )
  return [
    `In reverse there are fewer prompts, as some are about facts told in both orders or have no answer: ${counts.join(', ')}.`,
  ]
}

/** The number of epochs that should be enough for all of them. */
function proposeEpochsFor(runs: readonly RunEvidence[]): number {
  return Math.max(...runs.map(({ run }) => proposeEpochs(run)))
}

function paperRow(direction: Direction): Row {
  const { same, sameSd, reverse, reverseSd } = PAPER_TABLE_1[direction]
  return {
    ...fromPaper(PAPER_MODEL),
    trained: direction,
    same,
    same_sd: sameSd,
    reverse,
    reverse_sd: reverseSd,
    gap: same - reverse,
    verdict: LEARNED,
    seeds: 3,
    facts: 30,
  }
}

function marksOf(row: Row): Mark[] {
  return orderMarks(row, String(row.model), row.trained === BOTH ? ['same'] : undefined)
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
      `${plural(byModel.length, 'configuration')} complete ${range('same')} of held-out prompts correctly in the direction of training, and ${range('reverse')} in reverse.`,
    ]
  }
  return byModel.map(([model, own]) => {
    const parts = own.map(
      ({ trained, same, reverse }) => `${percent(same)} and ${percent(reverse)} (${trained})`,
    )
    return `${model} completes held-out prompts correctly in the direction of training and in reverse: ${parts.join(', ')}.`
  })
}

/** For models that need more training. */
function unlearnedFacts(rows: readonly Row[]): string[] {
  const byModel = [...Map.groupBy(rows, ({ model }) => model)]
  if (byModel.length > FEW) {
    return [
      `${plural(byModel.length, 'configuration')} have ${NOTHING_FOLLOWS}. Their accuracy in the direction of training is below the least accuracy in Table 1; train them longer.`,
    ]
  }
  return byModel.map(([model, own]) => {
    const parts = own.map(({ trained, same, least, facts, reverse_facts: asked }) => {
      return `${percent(same)} with ${plural(Number(asked ?? facts), 'fact')}, and a conclusion needs ${percent(least)} (${trained})`
    })
    const epochs = own[0]!.proposed_epochs
    return `${model}: ${NOTHING_FOLLOWS}. In the direction of training, it completes held-out prompts correctly in ${parts.join(', in ')}. Train it longer${typeof epochs === 'number' ? ` (--n-epochs ${epochs})` : ''}, or on more facts: then a lower accuracy suffices.`
  })
}
