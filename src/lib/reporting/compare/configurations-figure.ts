import { labelSplit } from '../../datasets/reverse/split-labels.ts'
import { describeMetric } from '../../schemas/metric.ts'
import type { Mark } from '../interval-figure.ts'
import { intervalFigure } from '../interval-figure.ts'
import type { FigureSpec } from '../render-figure.ts'
import { colour, SCHEMA } from '../theme.ts'
import type { ConfigurationComparison, ConfigurationDifference } from './compare-configurations.ts'

/** For each measure the means of both configurations, and beside them their differences, with 95 % intervals. */
export function configurationsFigure({ first, second, comparisons }: ConfigurationComparison): FigureSpec {
  const title = `${first.name} and ${second.name}`
  const names = [first.name, second.name] as const
  const rows = [...Map.groupBy(comparisons, ({ measure }) => measure)].map(([measure, own], index) => {
    const means = meansFigure(measure, own, names)
    const differences = differencesFigure(measure, own, names)
    return {
      description: `${means.description} ${differences.description}`,
      view: {
        hconcat: [withLegend(asView(means), { shown: index === 0 }), withoutLabels(asView(differences))],
        resolve: { scale: { color: 'independent' } },
        spacing: 24,
      },
    }
  })
  return {
    $schema: SCHEMA,
    description: `${title}. ${rows.map(({ description }) => description).join(' ')}`,
    title: { text: title, subtitle: subtitleOf({ first, second }) },
    vconcat: rows.map(({ view }) => view),
    resolve: { scale: { color: 'independent' } },
    spacing: 26,
  } as unknown as FigureSpec
}

function subtitleOf({ first, second }: Pick<ConfigurationComparison, 'first' | 'second'>): string[] {
  return [first, second].map(({ name, configuration }) => `${name}: ${configuration}`)
}

function meansFigure(
  measure: string,
  own: readonly ConfigurationDifference[],
  names: readonly [string, string],
): FigureSpec {
  const { unit } = own[0]!
  const share = unit === 'share'
  return intervalFigure({
    name: measure,
    title: labelOf(measure),
    caption: '',
    marks: own.flatMap((row) =>
      (['first', 'second'] as const).map((side, index): Mark => {
        const { estimate: value, low, high } = row[side]
        return { label: labelSplit(row.split).label, series: names[index]!, value, low, high }
      }),
    ),
    shape: share ? 'bar' : 'point',
    series: [
      { name: names[0], colour: colour('same') },
      { name: names[1], colour: colour('reverse') },
    ],
    axis: {
      title: share ? labelOf(measure) : `${labelOf(measure)}${unit === 'nats' ? ' (nats)' : ''}`,
      unit: share ? 'percent' : unit === 'nats' ? 'nats' : 'number',
    },
  }).spec
}

function differencesFigure(
  measure: string,
  own: readonly ConfigurationDifference[],
  names: readonly [string, string],
): FigureSpec {
  const { unit } = own[0]!
  const scale = unit === 'share' ? 100 : 1
  const scaled = (value: number | null) => value && scale * value
  const words = unit === 'share' ? ' (points)' : unit === 'nats' ? ' (nats)' : ''
  return intervalFigure({
    name: `${measure}_difference`,
    title: `${names[0]} minus ${names[1]}, ${labelOf(measure)}${words}`,
    caption: '',
    marks: own.map(({ split, difference: { estimate, low, high } }) => ({
      ...{ label: labelSplit(split).label, series: 'difference' },
      ...{ value: scaled(estimate), low: scaled(low), high: scaled(high) },
    })),
    shape: 'point',
    series: [{ name: 'difference', colour: colour('ink') }],
    axis: { title: `${names[0]} minus ${names[1]}${words}`, unit: unit === 'nats' ? 'nats' : 'number' },
    reference: 0,
  }).spec
}

function labelOf(measure: string): string {
  return describeMetric(measure).label
}

/** A figure as a part of another. */
function asView(spec: FigureSpec): Record<string, unknown> {
  const {
    $schema: _schema,
    description: _description,
    title: _title,
    ...view
  } = spec as object as Record<string, unknown>
  return { ...view, width: 200 }
}

/** The colours are the same in every row of views. */
function withLegend(view: Record<string, unknown>, { shown }: { shown: boolean }): Record<string, unknown> {
  if (shown) return view
  const encoding = view.encoding as { color: object }
  return { ...view, encoding: { ...encoding, color: { ...encoding.color, legend: null } } }
}

/** Pixels of a row of two series of 13, with the gap between rows. */
const ROW = 26 / 0.7

/** The rows are those of the view beside it, whose height it takes. */
function withoutLabels(view: Record<string, unknown>): Record<string, unknown> {
  const encoding = view.encoding as { y: { axis: object } }
  return {
    ...view,
    height: { step: ROW },
    encoding: { ...encoding, y: { ...encoding.y, axis: { ...encoding.y.axis, labels: false } } },
  }
}
