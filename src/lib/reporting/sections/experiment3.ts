import type { ConfiguredRun } from '../../evaluation/configuration.ts'
import { withoutOrder } from '../../evaluation/configuration.ts'
import { judgeLearned, NOTHING_FOLLOWS } from '../../evaluation/learned.ts'
import { PAPER_EXPERIMENT_3 } from '../../evaluation/paper.ts'
import { mean, standardDeviation } from '../../statistics/samples.ts'
import { sha256 } from '../../support/files.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import { groupLabels } from '../evidence/groups.ts'
import type { PromptScores } from '../evidence/prompt-scores.ts'
import { intervalFigures, SAME_AND_REVERSE } from '../interval-figure.ts'
import { fromPaper } from '../paper-rows.ts'
import type { Column, Row, Section } from '../report.ts'
import { FEW, percent } from './finding-words.ts'
import { LEARNED, NOT_LEARNED } from './learned.ts'
import type { Pool } from './pooled.ts'
import { estimateShare, meanOrNull, pool } from './pooled.ts'

const ORDERS = ['same', 'reverse'] as const

/** Held out: the model has learned the instruction and no example of it. */
const UNREALIZED = 'unrealized_examples'
const HELD_OUT = 'held-out instructions'
const SPLITS = [
  { split: UNREALIZED, title: HELD_OUT },
  { split: 'realized_examples', title: 'instructions with examples in training' },
] as const

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'split', head: 'asked', format: 'text' },
  { key: 'order', head: 'instructions', format: 'text' },
  {
    ...{ key: 'right', head: 'accuracy', format: 'percent', deviation: 'right_sd' },
    interval: ['low', 'high'],
  },
  {
    key: 'verdict',
    head: 'are',
    format: 'text',
    hint: 'enough to conclude anything about the other order',
  },
  {
    key: 'logprob',
    head: 'log-probability',
    format: 'nats',
    detail: true,
    hint: 'mean, of the right answer',
  },
  { key: 'runs', head: 'runs', format: 'count', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count', detail: true },
]

type OrderRun = RunEvidence & { orders: PromptScores }

/** The bars of experiment 3: instructions learned in the order in which they are tested, and in the other one. */
export function experiment3Section({ runs }: Evidence): Section | undefined {
  const asked = runs.filter(
    (own): own is OrderRun => own.orders !== undefined && (own.order === 'same' || own.order === 'reverse'),
  )
  if (asked.length === 0) return undefined
  const ownRows = rowsOf(asked)
  const rows = [...ownRows, ...paperRows()]
  return {
    id: 'experiment3',
    findings: instructions(ownRows),
    title: 'Reversed instructions (experiment 3)',
    text: [
      'A model learns instructions such as “answer QUESTION with ANSWER” and is then asked held-out questions. In the same order, instructions name the question first; in reverse, the answer first. A completion is right if it begins with the answer.',
    ],
    figures: intervalFigures({
      name: 'experiment3',
      title: 'Held-out instructions answered right',
      caption: 'Accuracy on held-out instructions, with 95 % intervals clustered by question.',
      marks: rows
        .filter((row) => row.split === HELD_OUT)
        .map(({ model, order, right, low, high }) => ({
          ...{ label: model, series: order },
          ...{ value: right, low, high },
        })),
      shape: 'bar',
      series: SAME_AND_REVERSE,
      axis: { title: 'accuracy', unit: 'percent' },
    }),
    tables: [
      {
        name: 'experiment3',
        title: 'Instructions answered right',
        columns: COLUMNS,
        rows,
        notes: [
          ...(ownRows.some(({ right_sd: spread }) => spread !== null)
            ? ['± is the spread (standard deviation) over runs.']
            : []),
          'The paper’s rows are read from the bars of its figure.',
        ],
      },
    ],
  }
}

function rowsOf(asked: readonly OrderRun[]) {
  const labels = groupLabels(asked.map(butForOrder))
  const groups = Map.groupBy(asked, (own) => labels[asked.indexOf(own)]!)
  const rows = [...groups].flatMap(([label, members]) =>
    SPLITS.flatMap(({ split, title }) =>
      ORDERS.flatMap((order) => {
        // Differences other than the order, such as other phrasings, make separate rows.
        const alike = byGroup(members.filter((one) => one.order === order))
        return alike.map(([group, own]) =>
          tableRow({ model: alike.length > 1 ? group : label, split: title, order }, own, split),
        )
      }),
    ),
  )
  return rows.filter((row) => row !== undefined)
}

/**
 * Gives runs that differ only in the order the same label. Without a recipe, runs belong together if their questions
 * are the same.
 */
function butForOrder({ run, manifest, trainingSha256, orders }: OrderRun): ConfiguredRun {
  if (manifest === undefined) {
    const asked = [...orders.splits].map(([split, scores]) => [
      split,
      scores.map(({ fact, target }) => [fact, target]),
    ])
    return { run: { ...run, dataset: { ...run.dataset, name: '' } }, data: sha256(JSON.stringify(asked)) }
  }
  return { run, manifest: withoutOrder(manifest), trainingSha256 }
}

function tableRow(
  head: { model: string; split: string; order: string },
  runs: readonly OrderRun[],
  split: string,
) {
  const scored = runs.map(({ run, orders }) => ({ id: run.id, scores: orders }))
  const pooled = pool(scored, split, ({ right }) => right)
  if (pooled.values.length === 0) return undefined
  const { order } = head
  const { estimate, low, high } = estimateShare(pooled)
  const means = scored.flatMap((own) => meanOrNull(pool([own], split, ({ right }) => right).values) ?? [])
  return {
    ...head,
    right: estimate,
    ...(order === 'same' && verdictOn(pooled)),
    right_sd: means.length < 2 ? null : standardDeviation(means),
    low,
    high,
    logprob: meanOrNull(pool(scored, split, ({ logprob }) => logprob).values),
    runs: runs.length,
    prompts: pooled.values.length,
  }
}

/**
 * Verdict on the instructions in the order in which they are tested: unless these were learned, nothing follows for the
 * others.
 */
function verdictOn({ values, clusters }: Pool): { least: number; verdict: string } {
  const { least, learned } = judgeLearned({ same: mean(values), facts: new Set(clusters).size })
  return { least, verdict: learned ? LEARNED : NOT_LEARNED }
}

function paperRows() {
  return PAPER_EXPERIMENT_3.flatMap(({ model, ...shares }) =>
    ORDERS.map((order) => ({
      ...{ ...fromPaper(model), split: HELD_OUT, order },
      ...{ right: shares[order], low: null, high: null, runs: 5 },
    })),
  )
}

/** Findings of experiment 3, for a few configurations. */
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
      return `${model}, held-out instructions: ${NOTHING_FOLLOWS}. ${percent(unlearned.right)} in the same order is below ${percent(unlearned.least)}, the least accuracy for a conclusion; train it longer.`
    }
    return `${model} follows held-out instructions: ${parts.join(', ')}.`
  })
}
