import { formatPercent, plural } from '../support/numbers.ts'
import { formatValue } from './format.ts'
import { inPanels } from './panels.ts'
import type { FigureSpec } from './render-figure.ts'
import type { Cell, ReportFigure } from './report.ts'
import { colour, DECIMAL_LABELS, PERCENT_LABELS, SCHEMA } from './theme.ts'

export interface Series {
  name: string
  colour: string
}

/** A value with its interval, if it has one. */
export interface Mark {
  /** Its row. */
  label: string
  /** Its panel, if there are several. */
  panel?: string
  series: string
  value: number | null
  low: number | null
  high: number | null
}

export interface IntervalFigure {
  /** Unique in the report; the name of its files. */
  name: string
  title: string
  caption: string
  marks: readonly Mark[]
  /** Shares are bars from 0; log-probabilities, which have no natural start, are points. */
  shape: 'bar' | 'point'
  series: readonly Series[]
  axis: { title: string; unit: 'percent' | 'nats' | 'number' }
  /** A value to compare with, such as what chance gives. */
  reference?: number
}

/** The maximum number of rows of a readable figure. */
const MOST_LABELS = 40
/** More values than this are summarized in the text for screen readers. */
const MOST_SPOKEN = 16

/** Height in pixels of a figure that fits a page with readable letters. */
const MOST_HEIGHT = 1050

/** The figure split into several if its panels do not fit on one page; the first keeps the figure's name. */
export function intervalFigures(figure: IntervalFigure): ReportFigure[] {
  const panels = Map.groupBy(figure.marks, ({ panel }) => panel)
  const row = figure.series.length > 1 ? 17 * figure.series.length : 25
  const heights = Array.from(panels.values(), (own) => {
    return Math.min(MOST_LABELS, new Set(own.map(({ label }) => label)).size) * row + 50
  })
  const parts = inParts([...panels.values()], heights)
  return parts.map((own, index) =>
    intervalFigure({ ...figure, ...namePart(figure, index, parts.length), marks: own.flat() }),
  )
}

/** The name of one part of a figure. */
export function namePart({ name, caption }: { name: string; caption: string }, index: number, parts: number) {
  return {
    name: index === 0 ? name : `${name}_${index + 1}`,
    caption: parts === 1 ? caption : `${caption} Part ${index + 1} of ${parts}.`,
  }
}

/** Neighbours together as long as they fit. */
function inParts<T>(items: readonly T[], heights: readonly number[]): T[][] {
  const parts: T[][] = []
  let height = Number.POSITIVE_INFINITY
  for (const [index, item] of items.entries()) {
    height += heights[index]!
    if (height > MOST_HEIGHT) {
      parts.push([])
      height = heights[index]!
    }
    parts.at(-1)!.push(item)
  }
  return parts
}

/** Values with their intervals: a row for each label, series side by side, panels one below the other. */
export function intervalFigure(figure: IntervalFigure): ReportFigure {
  const { name, caption, shape } = figure
  const labels = new Set(figure.marks.map(({ label }) => label))
  const shown = new Set([...labels].slice(0, MOST_LABELS))
  const marks = figure.marks.filter(({ label }) => shown.has(label))
  const left = labels.size - shown.size
  return {
    name,
    caption:
      left > 0 ? `${caption} Shows the first ${shown.size} of ${labels.size}; the table has all.` : caption,
    spec: drawIntervals({ ...figure, marks }),
    data: figure.marks.map((mark) => ({ ...mark })),
    ...(shape === 'bar' && { bars: marks.map((mark) => ({ label: nameMark(mark), ...barOf(mark.value) })) }),
  }
}

function barOf(share: number | null) {
  return { share: share ?? 0, text: share === null ? '' : formatPercent(share) }
}

function nameMark({ label, panel, series }: Mark): string {
  return [label, ...(panel === undefined ? [] : [panel]), series].join(', ')
}

function describe({ title, marks, axis }: IntervalFigure): string {
  const unit = { percent: ' %', nats: ' nats', number: '' }[axis.unit]
  const show = (value: Exclude<Cell, null>) => `${formatValue(value, axis.unit)}${unit}`
  const values = marks.flatMap(({ value }) => value ?? [])
  if (marks.length > MOST_SPOKEN) {
    const [least, most] = [Math.min(...values), Math.max(...values)]
    return `${title}: ${plural(values.length, 'value')} from ${show(least)} to ${show(most)}. The table has all of them.`
  }
  const spoken = marks.map(
    (mark) => `${nameMark(mark)}: ${mark.value === null ? 'not measured' : show(mark.value)}`,
  )
  return `${title}. ${spoken.join('; ')}.`
}

function drawIntervals(figure: IntervalFigure): FigureSpec {
  const { title, marks, shape, series, axis, reference } = figure
  const labels = [...new Set(marks.map(({ label }) => label))]
  const panels = [...new Set(marks.flatMap(({ panel }) => (panel === undefined ? [] : [panel])))]
  const names = series.map(({ name }) => name)
  const rows = {
    height: { step: names.length > 1 ? 13 : 20 },
    layer: [
      ...(shape === 'bar' ? barLayers(valueAxis(axis)) : pointLayers(valueAxis(axis))),
      ...(reference === undefined ? [] : [referenceLayer(reference)]),
    ],
    encoding: {
      y: {
        field: 'label',
        type: 'nominal',
        title: null,
        sort: labels,
        scale: { paddingInner: 0.3, paddingOuter: 0.15 },
        axis: { domain: false, ticks: false, grid: false, labelPadding: 6 },
      },
      ...(names.length > 1 && { yOffset: { field: 'series', sort: names } }),
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: names, range: series.map((own) => own.colour) },
        ...(names.length === 1 && { legend: null }),
      },
    },
  }
  return {
    $schema: SCHEMA,
    description: describe(figure),
    title: { text: title },
    data: { values: marks.map(drawn) },
    ...(panels.length === 0 ? rows : inPanels({ spec: rows, panels, independent: ['y'] })),
  } as unknown as FigureSpec
}

/** A mark with its number and the position of that. */
function drawn(mark: Mark) {
  return { ...mark, end: mark.high ?? mark.value, text: barOf(mark.value).text }
}

function valueAxis({ title, unit }: IntervalFigure['axis']) {
  const percent = unit === 'percent'
  return {
    ...{ field: 'value', type: 'quantitative', title },
    axis: { ...(percent ? PERCENT_LABELS : DECIMAL_LABELS), tickCount: 5, domain: false, ticks: false },
    scale: percent ? { domain: [0, 1] } : { zero: false },
  }
}

const INTERVAL = { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } }

/** A bar of no length has a visible edge, and every bar shows its number. */
function barLayers(x: object) {
  const height = { band: 0.86 }
  return [
    { mark: { type: 'bar', cornerRadiusEnd: 2, height }, encoding: { x } },
    {
      mark: { type: 'rule', strokeWidth: 1.25 },
      encoding: { ...INTERVAL, color: { value: colour('ink') } },
    },
    {
      mark: { type: 'tick', thickness: 2.5, opacity: 1, height },
      encoding: { x: { field: 'value', type: 'quantitative' } },
    },
    {
      mark: { type: 'text', align: 'left', dx: 5, fontSize: 10 },
      encoding: {
        x: { field: 'end', type: 'quantitative' },
        text: { field: 'text' },
        color: { value: colour('muted') },
      },
    },
  ]
}

function pointLayers(x: object) {
  return [
    { mark: { type: 'point', size: 70 }, encoding: { x } },
    { mark: { type: 'rule', strokeWidth: 2 }, encoding: INTERVAL },
  ]
}

function referenceLayer(value: number) {
  return {
    mark: { type: 'rule', strokeDash: [3, 3], strokeWidth: 1.25 },
    encoding: { x: { datum: value }, y: null, yOffset: null, color: { value: colour('muted') } },
  }
}

export const SAME_AND_REVERSE: readonly Series[] = [
  { name: 'same', colour: colour('same') },
  { name: 'reverse', colour: colour('reverse') },
]

export const CORRECT_AND_INCORRECT: readonly Series[] = [
  { name: 'correct', colour: colour('same') },
  { name: 'incorrect', colour: colour('reverse') },
]
