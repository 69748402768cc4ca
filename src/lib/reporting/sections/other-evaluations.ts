import type { DescribedMetric, MetricDescriptions } from '../../schemas/metric.ts'
import { describeMetric } from '../../schemas/metric.ts'
import type { Interval } from '../../statistics/measurements.ts'
import type { Evidence, OtherEvaluation } from '../evidence/evidence.ts'
import { formatValue } from '../format.ts'
import { intervalFigures } from '../interval-figure.ts'
import type { Column, Format, ReportFigure, Row, Section, Table } from '../report.ts'
import { SERIES } from '../theme.ts'
import { FEW, percent } from './finding-words.ts'
import { estimatePool, estimateShare, poolValues } from './pooled.ts'

type Unit = DescribedMetric['unit']

const FORMATS: Readonly<Record<Unit, Format>> = {
  ...{ share: 'percent', nats: 'nats', rank: 'ratio', number: 'number' },
}

/** An evaluation of a run. */
interface Entry extends OtherEvaluation {
  model: string
  run: string
}

/** All evaluations that put the same question. */
interface Asked {
  /** A part of the names of tables. */
  name: string
  title: string
  descriptions: MetricDescriptions
  entries: Entry[]
}

/** A measure of one split over the runs of a configuration. */
interface Estimate extends DescribedMetric, Pick<Interval, 'low' | 'high'> {
  model: string
  split: string
  measure: string
  value: number
  runs: number
  samples: number
  facts: number
}

/** Results of other evaluators, including plugins': metrics, measures with intervals, contrasts. */
export function otherEvaluationsSection({ runs }: Evidence): Section | undefined {
  const entries = runs.flatMap(({ run, group, others = [] }) =>
    others.map((own) => ({ model: group, run: run.id, ...own })),
  )
  if (entries.length === 0) return undefined
  const all = questionsOf(entries).map((asked) => ({ asked, estimates: estimate(asked) }))
  return {
    id: 'other',
    title: 'Other evaluations',
    text: [
      'The metrics of other evaluators and the means of their measures. Brackets are 95 % intervals, clustered by fact if the evaluator says which answers are about the same fact.',
    ],
    findings: all.flatMap(({ asked, estimates }) => findingsOf(asked, estimates)),
    figures: all.flatMap(({ asked, estimates }) => figuresOf(asked, estimates)),
    tables: all.flatMap(({ asked, estimates }) => [
      metricsTable(asked),
      ...measuresTable(asked, estimates),
      ...contrastTables(asked),
    ]),
  }
}

/** An evaluator with other options, or on another data set, asks other questions. */
function questionsOf(entries: readonly Entry[]): Asked[] {
  const alike = Map.groupBy(entries, ({ summary: { evaluator, arguments: given }, asked }) =>
    JSON.stringify([evaluator.name, given.evaluator_options, asked]),
  )
  const taken = new Map<string, number>()
  const questions = Array.from(alike.values(), (own): Asked => {
    const { evaluator, arguments: given } = own[0]!.summary
    const slug = evaluator.name.replace(/[^\w.-]+/g, '_')
    const number = (taken.get(slug) ?? 0) + 1
    taken.set(slug, number)
    const options = Object.entries(given.evaluator_options ?? {}).map(([key, value]) => `${key}=${value}`)
    return {
      name: `evaluator_${slug}${number === 1 ? '' : `_${number}`}`,
      title: `Evaluator ${evaluator.name}${options.length === 0 ? '' : ` (${options.join(', ')})`}`,
      descriptions: Object.assign({}, ...own.map(({ summary }) => summary.descriptions)),
      entries: own,
    }
  })
  return [...Map.groupBy(questions, ({ title }) => title).values()].flatMap((own) =>
    own.length === 1 ? own : own.map(withDataset),
  )
}

/** Told apart by the data sets that were asked about, and the version that asked. */
function withDataset(asked: Asked): Asked {
  const names = new Set(asked.entries.map(({ summary: { dataset } }) => dataset.name ?? dataset.directory))
  const { version } = asked.entries[0]!.summary.evaluator
  return { ...asked, title: `${asked.title} v${version} on ${[...names].join(', ')}` }
}

function metricsTable({ name, title, descriptions, entries }: Asked): Table {
  const rows = entries.flatMap(({ model, run, summary }) =>
    summary.splits.map(({ split, samples, metrics }): Row => ({ model, run, split, samples, ...metrics })),
  )
  const metrics = new Set(
    entries.flatMap(({ summary }) => summary.splits.flatMap((own) => Object.keys(own.metrics))),
  )
  return {
    ...{ name, title, rows, notes: [] },
    columns: [
      { key: 'model', head: 'model', format: 'text' },
      { key: 'run', head: 'run', format: 'text' },
      { key: 'split', head: 'split', format: 'text' },
      { key: 'samples', head: 'prompts', format: 'count' },
      ...Array.from(metrics, (metric): Column => {
        const { label, unit } = describeMetric(metric, descriptions)
        return { key: metric, head: label, format: FORMATS[unit] }
      }),
    ],
  }
}

/** Every measure of every split, over the runs of each configuration. */
function estimate({ entries, descriptions }: Asked): Estimate[] {
  return [...Map.groupBy(entries, ({ model }) => model)].flatMap(([model, own]) => {
    const splits = new Set(own.flatMap(({ measured }) => [...(measured?.keys() ?? [])]))
    return [...splits].flatMap((split) => {
      const measures = new Set(own.flatMap(({ measured }) => [...(measured?.get(split)?.keys() ?? [])]))
      return Array.from(measures, (measure): Estimate => {
        const found = own.flatMap(({ measured }) => measured?.get(split)?.get(measure) ?? [])
        const described = describeMetric(measure, descriptions)
        const pooled = poolValues(found)
        const {
          estimate: value,
          low,
          high,
        } = described.unit === 'share' ? estimateShare(pooled) : estimatePool(pooled)
        return {
          ...{ model, split, measure, ...described, value: value!, low, high },
          ...{ runs: found.length, samples: pooled.values.length, facts: new Set(pooled.clusters).size },
        }
      })
    })
  })
}

function measuresTable({ name, title }: Asked, estimates: readonly Estimate[]): Table[] {
  if (estimates.length === 0) return []
  const measures = new Map(estimates.map((own) => [own.measure, own]))
  const bySplit = Map.groupBy(estimates, ({ model, split }) => JSON.stringify([model, split]))
  const rows = Array.from(bySplit.values(), (own): Row => {
    const { model, split } = own[0]!
    const most = (key: 'runs' | 'samples' | 'facts') => Math.max(...own.map(({ [key]: count }) => count))
    const cells = own.flatMap(({ measure, value, low, high }) => [
      [measure, value] as const,
      [`${measure}_low`, low] as const,
      [`${measure}_high`, high] as const,
    ])
    const counts = { runs: most('runs'), prompts: most('samples'), facts: most('facts') }
    return { model, split, ...Object.fromEntries(cells), ...counts }
  })
  return [
    {
      name: `${name}_measures`,
      title: `${title}: means of its measures`,
      columns: [
        { key: 'model', head: 'model', format: 'text' },
        { key: 'split', head: 'split', format: 'text' },
        ...Array.from(
          measures.values(),
          ({ measure, label, unit }): Column => ({
            ...{ key: measure, head: label, format: FORMATS[unit] },
            interval: [`${measure}_low`, `${measure}_high`],
          }),
        ),
        { key: 'runs', head: 'runs', format: 'count', detail: true },
        { key: 'prompts', head: 'prompts', format: 'count', detail: true },
        { key: 'facts', head: 'facts', format: 'count', detail: true },
      ],
      rows,
      notes: [],
    },
  ]
}

/** A figure for each unit, as shares and log-probabilities share no axis. */
function figuresOf({ name, title }: Asked, estimates: readonly Estimate[]): ReportFigure[] {
  return [...Map.groupBy(estimates, ({ unit }) => unit)].flatMap(([unit, own]) => {
    const labels = [...new Set(own.map(({ label }) => label))]
    const shares = unit === 'share'
    return intervalFigures({
      name: shares ? name : `${name}_${unit}`,
      title,
      caption: `Means with 95 % intervals${shares ? ', as shares' : unit === 'nats' ? ', in nats' : ''}.`,
      marks: own.map(({ model, split, label, value, low, high }) => ({
        ...{ label: model, panel: split, series: label, value, low, high },
      })),
      shape: shares ? 'bar' : 'point',
      series: labels.map((label, index) => ({ name: label, colour: SERIES[index % SERIES.length]! })),
      axis: {
        title: shares ? 'share' : unit,
        unit: shares ? 'percent' : unit === 'nats' ? 'nats' : 'number',
      },
    })
  })
}

/** Contrasts between splits, one table per unit. */
function contrastTables({ name, title, descriptions, entries }: Asked): Table[] {
  const all = entries.flatMap(({ model, run, summary }) =>
    (summary.contrasts ?? []).map((contrast) => ({ model, run, ...contrast })),
  )
  const byUnit = Map.groupBy(all, ({ measure }) => describeMetric(measure, descriptions).unit)
  return Array.from(
    byUnit,
    ([unit, own]): Table => ({
      name: `${name}_contrasts${unit === 'share' ? '' : `_${unit}`}`,
      title: `${title}: differences between splits`,
      columns: [
        { key: 'model', head: 'model', format: 'text' },
        { key: 'run', head: 'run', format: 'text', detail: true },
        { key: 'contrast', head: 'difference', format: 'text' },
        { key: 'measure', head: 'in', format: 'text' },
        { key: 'first', head: 'of', format: 'text' },
        { key: 'second', head: 'minus', format: 'text' },
        {
          ...{ key: 'estimate', head: 'is', format: unit === 'share' ? 'points' : FORMATS[unit] },
          interval: ['low', 'high'],
        },
        { key: 'facts', head: 'facts', format: 'count', detail: true },
      ],
      rows: own.map(({ name: contrast, confidence: _, ...row }) => ({
        ...{ ...row, contrast: contrast.replaceAll('_', ' ') },
        measure: describeMetric(row.measure, descriptions).label,
      })),
      notes: [],
    }),
  )
}

/** Shares of right answers, for a few configurations. */
function findingsOf({ title }: Asked, estimates: readonly Estimate[]): string[] {
  const right = estimates.filter(({ unit, from }) => unit === 'share' && from === 'answers')
  const byModel = [...Map.groupBy(right, ({ model }) => model)]
  if (byModel.length > FEW) return []
  return byModel.map(([model, own]) => {
    const parts = own.map(({ split, label, value, low, high }) => {
      const interval =
        low === null || high === null
          ? ''
          : ` [${formatValue(low, 'percent')}, ${formatValue(high, 'percent')}]`
      return `${label} ${percent(value)}${interval} in ${split}`
    })
    return `${model}, ${title.charAt(0).toLowerCase()}${title.slice(1)}: ${parts.join(', ')}.`
  })
}
