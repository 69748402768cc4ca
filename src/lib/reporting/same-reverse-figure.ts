import { formatPercent, plural } from '../support/numbers.ts'
import { LABEL_GAP, placeLabels } from './label-places.ts'
import { inPanels } from './panels.ts'
import type { FigureSpec } from './render-figure.ts'
import type { Cell, ReportFigure } from './report.ts'
import { colour, PERCENT_LABELS, SCHEMA } from './theme.ts'

/** A share with the ends of its interval. */
type Share = readonly [value: Cell | undefined, low: Cell | undefined, high: Cell | undefined]

export interface SameReverseMark {
  label: string
  panel: string
  same: Share
  reverse: Share
}

export interface SameReverseFigure {
  /** Unique in the report; the name of its files. */
  name: string
  title: string
  caption: string
  marks: readonly SameReverseMark[]
}

/** Share in reverse above which a mark shows its name. */
export const NAMED_ABOVE = 0.1

/** Pixels of a panel. */
const SIZE = { width: 330, height: 260 }

/** Accuracy in the same direction against that in reverse, with both intervals; a mark with its name for each label. */
export function sameReverseFigure({ name, title, caption, marks }: SameReverseFigure): ReportFigure {
  const data = marks.map(({ label, panel, same, reverse }) => ({
    ...{ label, panel, same: same[0] ?? null, same_low: same[1] ?? null, same_high: same[2] ?? null },
    ...{ reverse: reverse[0] ?? null, reverse_low: reverse[1] ?? null, reverse_high: reverse[2] ?? null },
  }))
  const panels = [...new Set(marks.map(({ panel }) => panel))]
  const scale = { domain: [0, 1] }
  const axis = { ...PERCENT_LABELS, tickCount: 5 }
  const x = { field: 'same', type: 'quantitative', title: 'same direction', scale, axis }
  const y = { field: 'reverse', type: 'quantitative', title: 'reverse', scale, axis }
  const view = {
    ...SIZE,
    layer: [
      {
        data: {
          values: [
            { from: 0, to: 0 },
            { from: 1, to: 1 },
          ],
        },
        mark: { type: 'line', strokeDash: [4, 4], strokeWidth: 1, color: colour('muted') },
        encoding: {
          x: { field: 'from', type: 'quantitative', scale },
          y: { field: 'to', type: 'quantitative', scale },
        },
      },
      interval({ x: { ...x, field: 'same_low' }, x2: { field: 'same_high' }, y }),
      interval({ x, y: { ...y, field: 'reverse_low' }, y2: { field: 'reverse_high' } }),
      {
        mark: { type: 'point', size: 55, color: colour('reverse') },
        encoding: { x, y },
      },
      {
        // Marks along the axis are too close for names.
        transform: [{ filter: `datum.reverse > ${NAMED_ABOVE}` }],
        mark: {
          ...{ type: 'text', fontSize: 10, baseline: 'bottom' },
          align: { expr: 'datum.align' },
          dx: { expr: `datum.align === 'right' ? ${-LABEL_GAP.x} : ${LABEL_GAP.x}` },
          dy: { expr: `datum.below ? ${LABEL_GAP.below} : ${-LABEL_GAP.above}` },
        },
        encoding: { x, y, text: { field: 'label' }, color: { value: colour('ink') } },
      },
    ],
  }
  return {
    ...{ name, caption, data },
    spec: {
      $schema: SCHEMA,
      description: describe(title, data),
      title: { text: title },
      data: { values: withPlaces(data) },
      ...inPanels({ spec: view, panels, independent: [] }),
    } as unknown as FigureSpec,
  }
}

type Datum = Record<string, Cell>

/** Each mark with the place of its name. */
function withPlaces(data: readonly Datum[]): object[] {
  const point = ({ same, reverse, label }: Datum) => ({
    x: Number(same) * SIZE.width,
    y: (1 - Number(reverse)) * SIZE.height,
    text: String(label),
  })
  return [...Map.groupBy(data, ({ panel }) => panel).values()].flatMap((own) => {
    const named = own.filter(({ reverse }) => Number(reverse) > NAMED_ABOVE)
    const places = placeLabels(named.map(point), own.map(point), SIZE.width)
    const placeOf = new Map(named.map((datum, index) => [datum, places[index]!]))
    return own.map((datum) => ({ ...datum, ...placeOf.get(datum) }))
  })
}

function interval(encoding: object) {
  return { mark: { type: 'rule', strokeWidth: 1, opacity: 0.55, color: colour('reverse') }, encoding }
}

function describe(title: string, data: readonly Datum[]): string {
  const show = (share: Cell | undefined) =>
    typeof share === 'number' ? formatPercent(share) : 'not measured'
  const spoken = data.map(
    ({ label, panel, same, reverse }) => `${label}, ${panel}: ${show(same)} and ${show(reverse)}`,
  )
  return `${title}, same direction and reverse, of ${plural(data.length, 'mark')}. ${spoken.join('; ')}.`
}
