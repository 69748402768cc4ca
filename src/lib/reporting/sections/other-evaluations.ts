import { qaEvaluator } from '../../evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../../evaluation/reverse-evaluator.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { Row, Section, Table } from '../report.ts'

/** Those that have sections of their own. */
const SHOWN: ReadonlySet<string> = new Set([reverseEvaluator.name, qaEvaluator.name])

/** What evaluators of plugins found: their metrics as they are. */
export function otherEvaluationsSection({ runs }: Evidence): Section | undefined {
  const entries = runs.flatMap(({ run, group, evaluations }) =>
    evaluations
      .filter(({ evaluator }) => !SHOWN.has(evaluator.name))
      .map((summary) => ({ model: group, run: run.id, summary })),
  )
  if (entries.length === 0) return undefined
  const byEvaluator = Map.groupBy(entries, ({ summary }) => summary.evaluator.name)
  return {
    id: 'other',
    title: 'Other evaluations',
    text: ['The metrics of evaluators that come with plugins, as they give them.'],
    figures: [],
    tables: [...byEvaluator].map(([name, own]) => metricsTable(name, own)),
  }
}

function metricsTable(
  name: string,
  entries: readonly { model: string; run: string; summary: EvaluationSummary }[],
): Table {
  const rows = entries.flatMap(({ model, run, summary }) =>
    summary.splits.map(({ split, samples, metrics }): Row => ({ model, run, split, samples, ...metrics })),
  )
  const metrics = new Set(
    entries.flatMap(({ summary }) => summary.splits.flatMap((own) => Object.keys(own.metrics))),
  )
  return {
    name: `evaluator_${name.replace(/[^\w.-]+/g, '_')}`,
    title: `Evaluator ${name}`,
    columns: [
      { key: 'model', head: 'model', format: 'text' },
      { key: 'run', head: 'run', format: 'text' },
      { key: 'split', head: 'split', format: 'text' },
      { key: 'samples', head: 'prompts', format: 'count' },
      ...Array.from(metrics, (metric) => ({
        key: metric,
        head: metric.replaceAll('_', ' '),
        format: metric.endsWith('accuracy') ? ('percent' as const) : ('number' as const),
      })),
    ],
    rows,
    notes: [],
  }
}
