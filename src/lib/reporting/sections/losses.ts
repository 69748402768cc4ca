import { formatDecimals } from '../../support/numbers.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import type { LossPoint } from '../evidence/loss-curve.ts'
import type { FigureSpec } from '../render-figure.ts'
import type { Bar, Row, Section } from '../report.ts'
import { colour, SCHEMA, SERIES } from '../theme.ts'

/** More curves than this cannot be distinguished: then each group has one, the mean of its runs. */
const MOST_CURVES = 12

/** Names of configurations are long: one under another, they make the figure no wider. */
const GROUP_LEGEND = { orient: 'bottom', columns: 1 } as const

/** Points that a description of curves names one by one. */
const MOST_SPOKEN = 8

/** How training went: the loss of each run, on the texts that it learned and on held-out ones. */
export function lossesSection({ runs }: Evidence): Section | undefined {
  const trained = runs.filter(({ losses }) => losses.training.length > 1)
  if (trained.length === 0) return undefined
  const data =
    trained.length > MOST_CURVES ? byGroup(trained).flatMap(groupCurve) : trained.flatMap(runCurves)
  return {
    id: 'losses',
    title: 'Loss in training',
    text: [
      'Cross-entropy in nats per token, over prompt and completion, by epoch. The validation texts of experiment 1 are reverse prompts: a model that learned facts in both directions would also learn to complete them.',
    ],
    figures: [
      {
        name: 'losses',
        caption: `Training loss (lines, means of neighbouring steps) and validation loss (dashed)${trained.length > MOST_CURVES ? ', means over the runs of a group' : ''}.`,
        spec: spec(data),
        data,
        bars: finalLosses(trained),
      },
    ],
    tables: [],
  }
}

function runCurves(own: RunEvidence): Row[] {
  return (['training', 'validation'] as const).flatMap((kind) =>
    own.losses[kind].map((point) => ({
      ...{ group: own.group, curve: own.run.id, kind, epoch: epochOf(own, point), loss: point.loss },
    })),
  )
}

/** Averages the curves of runs with the same steps point by point; a shorter curve counts up to its end. */
function groupCurve([group, runs]: [string, RunEvidence[]]): Row[] {
  return (['training', 'validation'] as const).flatMap((kind) => {
    const longest = Math.max(...runs.map(({ losses }) => losses[kind].length))
    return Array.from({ length: longest }, (_, index) => {
      const points = runs.flatMap((own) => {
        const point = own.losses[kind][index]
        return point === undefined ? [] : [{ epoch: epochOf(own, point), loss: point.loss }]
      })
      const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
      return {
        ...{ group, curve: group, kind },
        epoch: average(points.map(({ epoch }) => epoch)),
        loss: average(points.map(({ loss }) => loss)),
      }
    })
  })
}

function epochOf({ run }: RunEvidence, { step }: LossPoint): number {
  const { n_epochs: epochs } = run.hyperparameters
  const total = run.progress?.total_steps
  return total ? (step / total) * epochs : step
}

function finalLosses(runs: readonly RunEvidence[]): Bar[] {
  const last = runs.map(({ run, losses }) => ({ id: run.id, loss: losses.training.at(-1)!.loss }))
  const highest = Math.max(...last.map(({ loss }) => loss))
  return last.map(({ id, loss }) => ({
    label: `${id}, at the end`,
    share: loss / highest,
    text: formatDecimals(loss, 3),
  }))
}

function spec(data: readonly Row[]): FigureSpec {
  const groups = [...new Set(data.map(({ group }) => group))]
  const few = groups.length <= SERIES.length
  return {
    $schema: SCHEMA,
    description: describe(data),
    title: { text: 'Loss in training' },
    data: { values: [...data] },
    height: 230,
    mark: { type: 'line', opacity: few ? 1 : 0.5 },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'passes over the training file',
        axis: { grid: false },
        scale: { nice: false },
      },
      y: {
        field: 'loss',
        type: 'quantitative',
        title: 'loss (nats per token)',
        scale: { type: 'log' },
        axis: { values: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10], domain: false, ticks: false },
      },
      color: few
        ? { field: 'group', type: 'nominal', sort: groups, legend: groups.length > 1 ? GROUP_LEGEND : null }
        : { value: colour('same') },
      strokeDash: { field: 'kind', type: 'nominal', scale: { domain: ['training', 'validation'] } },
      detail: { field: 'curve' },
    },
  } as FigureSpec
}

function describe(data: readonly Row[]): string {
  const curves = [...Map.groupBy(data, ({ curve, kind }) => `${curve}, ${kind}`)]
  const parts = curves.map(
    ([name, points]) =>
      `${name}: from ${formatDecimals(Number(points[0]!.loss), 2)} to ${formatDecimals(Number(points.at(-1)!.loss), 2)}`,
  )
  const rest = parts.length > MOST_SPOKEN ? `; and ${parts.length - MOST_SPOKEN} more` : ''
  return `Curves of loss. ${parts.slice(0, MOST_SPOKEN).join('; ')}${rest}.`
}
