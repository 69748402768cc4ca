import type { ConfiguredRun } from '../../evaluation/configuration.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from '../../evaluation/directions.ts'
import { PAPER_FIGURE_7 } from '../../evaluation/paper.ts'
import { mean } from '../../statistics/samples.ts'
import { formatPercent, plural } from '../../support/numbers.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import { groupLabels } from '../evidence/groups.ts'
import { inPanels } from '../panels.ts'
import { fromPaper } from '../paper-rows.ts'
import type { FigureSpec } from '../render-figure.ts'
import type { ReportFigure, Row, Section } from '../report.ts'
import { colour, SCHEMA } from '../theme.ts'
import { directionScores, pool } from './pooled.ts'

const ORDERS = ['same', 'reverse'] as const

/** The paper's Figure 7: accuracy over learning rates and batch sizes, if runs differ in them. */
export function sweepSection({ runs }: Evidence): Section | undefined {
  const evaluated = runs.filter(({ directions }) => directions !== undefined)
  const settings = new Set(evaluated.map(({ run }) => settingOf(run.hyperparameters)))
  if (settings.size < 2) return undefined
  const rows = [...sweepRows(evaluated), ...paperRows()]
  return {
    id: 'sweep',
    title: 'Learning rate and batch size (Figure 7)',
    text: [
      'The mean accuracy over both groups of facts for each learning-rate multiplier and batch size, in the direction of training and in reverse. A setting that taught a model both directions would show here.',
    ],
    figures: ORDERS.map((order) => heatMap(order, rows)),
    tables: [
      {
        name: 'sweep',
        title: 'Accuracy by learning-rate multiplier and batch size',
        columns: [
          { key: 'model', head: 'model', format: 'text' },
          { key: 'epochs', head: 'epochs', format: 'count' },
          { key: 'rate', head: 'learning-rate multiplier', format: 'number' },
          { key: 'batch', head: 'batch size', format: 'count' },
          { key: 'same', head: 'same direction', format: 'percent' },
          { key: 'reverse', head: 'reverse', format: 'percent' },
          { key: 'runs', head: 'runs', format: 'count' },
        ],
        rows,
        notes: ['The paper’s rows are from its Figure 7.'],
      },
    ],
  }
}

function settingOf({
  learning_rate_multiplier: rate,
  batch_size: batch,
}: RunEvidence['run']['hyperparameters']) {
  return `${rate} ${batch}`
}

function sweepRows(runs: readonly RunEvidence[]): Row[] {
  const labels = groupLabels(runs.map(withoutSetting))
  return byGroup(runs)
    .map(([, own]) => {
      const { hyperparameters } = own[0]!.run
      const model = labels[runs.indexOf(own[0]!)]!
      return {
        model,
        epochs: hyperparameters.n_epochs,
        rate: hyperparameters.learning_rate_multiplier,
        batch: hyperparameters.batch_size,
        same: accuracy(own, 'same'),
        reverse: accuracy(own, 'reverse'),
        runs: own.length,
      }
    })
    .toSorted((a, b) => a.model.localeCompare(b.model) || a.rate - b.rate || a.batch - b.batch)
}

/** Gives runs that differ only in the settings of a sweep the same name. */
function withoutSetting(own: RunEvidence): ConfiguredRun {
  const {
    learning_rate_multiplier: _rate,
    batch_size: _batch,
    n_epochs: _epochs,
    ...rest
  } = own.run.hyperparameters
  return { ...own, run: { ...own.run, hyperparameters: rest as RunEvidence['run']['hyperparameters'] } }
}

/** The mean of the accuracies of both groups of facts. */
function accuracy(runs: readonly RunEvidence[], order: (typeof ORDERS)[number]): number | null {
  const shares = DIRECTIONS.map((direction) =>
    pool(directionScores(runs), DIRECTION_SPLITS[direction][order], ({ right }) => right),
  )
    .filter(({ values }) => values.length > 0)
    .map(({ values }) => mean(values))
  return shares.length === 0 ? null : mean(shares)
}

function paperRows(): Row[] {
  const { model, epochs, learningRateMultipliers, batchSizes, same, reverse } = PAPER_FIGURE_7
  return learningRateMultipliers.flatMap((rate, row) =>
    batchSizes.map((batch, column) => ({
      ...{ ...fromPaper(model), epochs, rate, batch },
      ...{ same: same[row]![column]!, reverse: reverse[row]![column]! },
    })),
  )
}

function heatMap(order: (typeof ORDERS)[number], rows: readonly Row[]): ReportFigure {
  const data = rows.map(({ model, epochs, rate, batch, [order]: accuracy }) => ({
    ...{
      panel: `${model}, ${plural(Number(epochs), 'epoch')}`,
      rate: rate!,
      batch: batch!,
      accuracy: accuracy ?? null,
    },
  }))
  const title = order === 'same' ? 'Accuracy in the same direction' : 'Accuracy in the reverse direction'
  return {
    name: `sweep_${order}`,
    caption: `${title}, in percent.`,
    spec: heatMapSpec(title, data),
    data,
  }
}

/** On cells, which keep their colours on a dark page. */
const [ON_LIGHT, ON_DARK] = ['#10151b', '#fdfdfe']

/** As `formatShare` writes it. */
const TEXT =
  "datum.accuracy === null ? '' : datum.accuracy > 0 && datum.accuracy < 0.0005 ? '< 0.1' : datum.accuracy < 1 && datum.accuracy >= 0.9995 ? '> 99.9' : format(100 * datum.accuracy, '.1f')"

function heatMapSpec(title: string, data: readonly Row[]): FigureSpec {
  const axis = { grid: false, domain: false, ticks: false, labelAngle: 0 }
  return {
    $schema: SCHEMA,
    description: describe(title, data),
    title: { text: title },
    data: { values: [...data] },
    transform: [{ calculate: TEXT, as: 'text' }],
    ...inPanels({
      panels: [...new Set(data.map(({ panel }) => String(panel)))],
      independent: ['x', 'y'],
      spec: {
        width: { step: 58 },
        height: { step: 30 },
        encoding: {
          x: { field: 'batch', type: 'ordinal', title: 'batch size', axis },
          y: { field: 'rate', type: 'ordinal', title: 'learning-rate multiplier', axis },
        },
        layer: [
          {
            mark: { type: 'rect', stroke: colour('surface'), strokeWidth: 2 },
            encoding: {
              color: {
                field: 'accuracy',
                type: 'quantitative',
                scale: { domain: [0, 1], range: ['#eef3f8', '#0b4a8c'] },
                legend: null,
              },
            },
          },
          {
            mark: { type: 'text' },
            encoding: {
              text: { field: 'text' },
              color: { condition: { test: 'datum.accuracy > 0.5', value: ON_DARK }, value: ON_LIGHT },
            },
          },
        ],
      },
    }),
  } as unknown as FigureSpec
}

/** For each panel the range and the position of its highest value. */
function describe(title: string, data: readonly Row[]): string {
  const measured = data.filter(({ accuracy }) => accuracy !== null)
  const panels = [...Map.groupBy(measured, ({ panel }) => panel)].map(([panel, cells]) => {
    const ascending = cells.toSorted((a, b) => Number(a.accuracy) - Number(b.accuracy))
    const [low, high] = [ascending[0]!, ascending.at(-1)!]
    const percent = ({ accuracy }: Row) => formatPercent(Number(accuracy))
    return `${panel}: from ${percent(low)} to ${percent(high)}, the highest at multiplier ${high.rate} and batch size ${high.batch}`
  })
  return `${title}. ${panels.join('; ')}.`
}
