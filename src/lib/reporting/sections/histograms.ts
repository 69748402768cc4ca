import { plural } from '../../support/numbers.ts'
import type { Evidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import { CORRECT_AND_INCORRECT, namePart } from '../interval-figure.ts'
import { inPanels } from '../panels.ts'
import type { FigureSpec } from '../render-figure.ts'
import type { Row, Section } from '../report.ts'
import { PERCENT_LABELS, SCHEMA } from '../theme.ts'
import { answerPairs, PROBES } from './probes.ts'

const BINS = 40

/** The maximum number of configurations, to keep the figure readable. */
const MOST_GROUPS = 8

/** As many as a page of paper holds. */
const MOST_PANELS = 6

/** How the log-probabilities that Figure 4 averages are distributed, prompt by prompt. */
export function histogramsSection({ runs }: Evidence): Section | undefined {
  const groups = byGroup(runs.filter(({ directions }) => directions !== undefined))
  const shown = groups.slice(0, MOST_GROUPS)
  const data = shown.flatMap(([group, members]) =>
    PROBES.flatMap((probe) => {
      const pairs = members.flatMap(({ directions }) => answerPairs(directions!, probe))
      return histogram(groups.length > 1 ? `${group}: ${probe.short}` : probe.short, {
        correct: pairs.map(({ correct }) => correct),
        incorrect: pairs.map(({ incorrect }) => incorrect),
      })
    }),
  )
  if (data.length === 0) return undefined
  const cut =
    groups.length > shown.length
      ? ` The first ${shown.length} of ${plural(groups.length, 'configuration')}.`
      : ''
  const caption = `Share of prompts by the log-probability of the answer.${cut}`
  const panels = [...Map.groupBy(data, ({ panel }) => panel).values()]
  const parts = Array.from({ length: Math.ceil(panels.length / MOST_PANELS) }, (_, index) =>
    panels.slice(index * MOST_PANELS, (index + 1) * MOST_PANELS).flat(),
  )
  return {
    id: 'histograms',
    title: 'Distribution of log-probabilities',
    text: [
      'The log-probabilities of correct and incorrect answers to single prompts, over the runs of a configuration. If the two curves coincide, the model does not tell the answers apart anywhere in the range; a comparison of means alone could miss a difference.',
    ],
    figures: parts.map((own, index) => ({
      ...namePart({ name: 'histograms', caption }, index, parts.length),
      spec: spec(own),
      data: own,
    })),
    tables: [],
  }
}

/** Shares of values in bins of one width for both series. */
function histogram(panel: string, values: Record<'correct' | 'incorrect', number[]>): Row[] {
  const all = [...values.correct, ...values.incorrect]
  if (all.length === 0) return []
  const low = all.reduce((least, value) => Math.min(least, value), 0)
  const width = niceWidth(-low / BINS)
  const bins = Math.ceil(-low / width + 1e-9)
  return (['correct', 'incorrect'] as const).flatMap((series) => {
    const counts = new Float64Array(bins)
    for (const value of values[series]) counts[Math.min(bins - 1, Math.floor(-value / width))]! += 1
    return Array.from(counts, (count, bin) => ({
      ...{ panel, series, from: rounded(-(bin + 1) * width), to: rounded(-bin * width) },
      ...{ middle: rounded(-(bin + 0.5) * width), share: count / values[series].length },
    })).reverse()
  })
}

/** The next of 1, 2, 5 times a power of ten, and at least 0.1. */
function niceWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(width, 0.1)))
  return power * [1, 2, 5, 10].find((step) => step * power >= width)!
}

function spec(data: readonly Row[]): FigureSpec {
  const names = CORRECT_AND_INCORRECT.map(({ name }) => name)
  return {
    $schema: SCHEMA,
    description: describe(data),
    title: { text: 'Log-probability of single answers' },
    data: { values: [...data] },
    ...inPanels({
      panels: [...new Set(data.map(({ panel }) => String(panel)))],
      independent: ['x', 'y'],
      spec: {
        height: 90,
        mark: { type: 'area', interpolate: 'step', fillOpacity: 0.2, line: { strokeWidth: 1.5 } },
        encoding: {
          x: {
            field: 'middle',
            type: 'quantitative',
            title: 'log-probability (nats)',
            axis: { grid: false, tickCount: 6 },
            scale: { nice: false },
          },
          y: {
            field: 'share',
            type: 'quantitative',
            title: 'share of prompts',
            stack: null,
            axis: { ...PERCENT_LABELS, tickCount: 3, domain: false, ticks: false },
          },
          color: {
            field: 'series',
            type: 'nominal',
            scale: { domain: names, range: CORRECT_AND_INCORRECT.map((own) => own.colour) },
          },
        },
      },
    }),
  } as unknown as FigureSpec
}

/** Position of the highest bin of each curve. */
function describe(data: readonly Row[]): string {
  const curves = [...Map.groupBy(data, ({ panel, series }) => `${panel}, ${series}`)]
  const peaks = curves.map(([name, bins]) => {
    const peak = bins.reduce((highest, bin) => (Number(bin.share) > Number(highest.share) ? bin : highest))
    return `${name}: most between ${peak.from} and ${peak.to} nats`
  })
  return `Histograms. ${peaks.join('; ')}.`
}

/** Without the last digits that products of fractions leave. */
function rounded(value: number): number {
  return Number(value.toFixed(6))
}
