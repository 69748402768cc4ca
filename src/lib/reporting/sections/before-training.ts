import type { Direction } from '../../evaluation/directions.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from '../../evaluation/directions.ts'
import { IN_CONTEXT_SPLITS } from '../../evaluation/in-context.ts'
import { PAPER_MODEL, PAPER_TABLE_1, PAPER_TABLE_5 } from '../../evaluation/paper.ts'
import type { Interval } from '../../statistics/measurements.ts'
import { commandLine } from '../../support/command-line.ts'
import type { BeforeEvidence } from '../evidence/before-training.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import type { Mark } from '../interval-figure.ts'
import { intervalFigures } from '../interval-figure.ts'
import { fromPaper } from '../paper-rows.ts'
import type { Column, Row, Section } from '../report.ts'
import { SERIES } from '../theme.ts'
import { datasetReference } from './commands.ts'
import { FEW, percent } from './finding-words.ts'
import type { Pool } from './pooled.ts'
import { directionScores, estimateShare, pool } from './pooled.ts'
import { table1Cells } from './table1-cells.ts'

/** The cells of a row, with the keys of their numbers. */
const CELLS = [
  { key: 'same_before', head: 'same direction, before', mark: undefined },
  { key: 'same_after', head: 'after', mark: undefined },
  { key: 'reverse_before', head: 'reverse, before', mark: 'before' },
  { key: 'reverse_after', head: 'after', mark: 'after' },
  { key: 'in_context', head: 'reverse, fact in the prompt', mark: 'fact in the prompt' },
] as const

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'trained', head: 'trained', format: 'text' },
  ...CELLS.map(({ key, head }): Column => {
    return { key, head, format: 'percent', interval: [`${key}_low`, `${key}_high`] }
  }),
  { key: 'facts', head: 'facts', format: 'count', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count', detail: true, hint: 'in each direction' },
]

type Before = RunEvidence & { before: BeforeEvidence }

/** Pretrained models before and after fine-tuning, and the paper's control with the fact in the prompt (Table 5). */
export function beforeTrainingSection({ runs }: Evidence): Section | undefined {
  const asked = runs.filter((own): own is Before => own.before !== undefined && own.directions !== undefined)
  const own = byGroup(asked).flatMap(([group, members]) =>
    DIRECTIONS.map((direction) => tableRow(group, direction, members as Before[])),
  )
  if (own.length === 0) return undefined
  const rows = [...own, ...DIRECTIONS.map(paperRow)]
  return {
    id: 'before',
    commands: commandsOf(asked as Before[]),
    title: 'Before and after fine-tuning, and with the fact in the prompt (Table 5)',
    findings: findingsOf(own),
    text: [
      'Answers of the pretrained model to the held-out prompts before and after fine-tuning. The facts are invented, so the model can only have learned them in fine-tuning.',
      'Then the paper’s in-context control: the model, before fine-tuning, reads a fact in its prompt in the order of training and is asked for it in the other order, after three other facts with their answers. A model that answers here but not after fine-tuning can reverse a fact that it reads, but not a fact that it learned.',
    ],
    figures: intervalFigures({
      name: 'before_after',
      title: 'Accuracy in reverse',
      caption:
        'Right answers in reverse before and after fine-tuning, and with the fact in the prompt. Thin lines are 95 % intervals, clustered by fact.',
      marks: rows.flatMap(marksOf),
      shape: 'bar',
      series: CELLS.flatMap(({ mark }) => mark ?? []).map((name, index) => ({
        name,
        colour: SERIES[index]!,
      })),
      axis: { title: 'accuracy in reverse', unit: 'percent' },
    }),
    tables: [
      {
        name: 'before_after',
        title: 'Right answers before and after fine-tuning, and with the fact in the prompt',
        columns: COLUMNS,
        rows,
        notes: [
          `The paper’s rows are for ${PAPER_MODEL}; it gives no numbers before fine-tuning.`,
          'With the fact in the prompt, each fact is asked for once.',
        ],
      },
    ],
  }
}

/** The commands that evaluate the models before training, each once. */
function commandsOf(runs: readonly Before[]): string[] {
  const lines = runs.flatMap(({ run, before }) =>
    before.summaries.map(({ evaluator, dataset, arguments: asked }) =>
      commandLine('eval:run', {
        flags: {
          'model-id': run.model,
          'dataset-name': datasetReference(dataset.directory),
          evaluator: evaluator.name,
          'rank-all': asked.rank_all === true,
        },
      }),
    ),
  )
  return [...new Set(lines)]
}

function tableRow(group: string, direction: Direction, runs: readonly Before[]): Row {
  const after = table1Cells(directionScores(runs), direction)
  // Runs of one model on one data set have the same model before them.
  const models = [
    ...new Map(runs.map((own) => [`${own.run.model} ${own.directions!.dataset}`, own.before])),
  ].map(([id, before]) => ({ id, before }))
  const scored = models.map(({ id, before }) => ({ id, scores: before.directions }))
  const { same, reverse } = DIRECTION_SPLITS[direction]
  const before = (split: string) => pool(scored, split, ({ right }) => right)
  const told = models.flatMap((own) => own.before.inContext.get(IN_CONTEXT_SPLITS[direction]) ?? [])
  const inContext: Pool = {
    values: told.flatMap(({ values }) => values),
    clusters: told.flatMap(({ clusters }) => clusters),
    cells: [],
  }
  return {
    model: group,
    trained: direction,
    ...cell('same_before', estimateShare(before(same))),
    ...cell('same_after', estimateShare(after.same)),
    ...cell('reverse_before', estimateShare(before(reverse))),
    ...cell('reverse_after', estimateShare(after.reverse)),
    ...cell('in_context', estimateShare(inContext)),
    facts: new Set(after.reverse.clusters).size,
    prompts: after.reverse.values.length,
  }
}

function cell(key: string, { estimate, low, high }: Interval): Row {
  return { [key]: estimate, [`${key}_low`]: low, [`${key}_high`]: high }
}

function paperRow(direction: Direction): Row {
  return {
    ...fromPaper(PAPER_MODEL),
    trained: direction,
    same_after: PAPER_TABLE_1[direction].same,
    reverse_after: PAPER_TABLE_1[direction].reverse,
    in_context: PAPER_TABLE_5[direction],
    facts: 30,
  }
}

function marksOf(row: Row): Mark[] {
  const number = (key: string) => (typeof row[key] === 'number' ? row[key] : null)
  return CELLS.flatMap(({ key, mark }) =>
    mark === undefined
      ? []
      : [
          {
            label: String(row.model),
            panel: String(row.trained),
            series: mark,
            value: number(key),
            low: number(`${key}_low`),
            high: number(`${key}_high`),
          },
        ],
  )
}

function findingsOf(rows: readonly Row[]): string[] {
  const byModel = [...Map.groupBy(rows, ({ model }) => model)]
  if (byModel.length > FEW) return []
  return byModel.map(([model, own]) => {
    const parts = own.map(({ trained, in_context: told, reverse_before: before, reverse_after: after }) => {
      const control = typeof told === 'number' ? `, and ${percent(told)} with the fact in the prompt` : ''
      return `${percent(before)} before fine-tuning, ${percent(after)} after it${control} (${trained})`
    })
    return `Asked in reverse, ${model} is right in ${parts.join('; ')}.`
  })
}
