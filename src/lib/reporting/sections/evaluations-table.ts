import type { RunEvidence } from '../evidence/evidence.ts'
import type { Column, Row, Table } from '../report.ts'
import { startOfHash } from './checksums.ts'

const COLUMNS: Column[] = [
  { key: 'evaluation', head: 'evaluation', format: 'text' },
  { key: 'run', head: 'run', format: 'text' },
  { key: 'evaluator', head: 'evaluator', format: 'text' },
  {
    key: 'dataset_sha256',
    head: 'data set',
    format: 'text',
    detail: true,
    hint: 'start of the SHA-256 of its files',
  },
  { key: 'arguments', head: 'arguments', format: 'text', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count' },
  { key: 'evaluation_s', head: 'time', format: 'duration' },
  { key: 'created_at', head: 'begun', format: 'text', detail: true },
  { key: 'tool_version', head: 'version', format: 'text', detail: true },
]

/** The evaluations of the runs, one row each. */
export function evaluationsTable(runs: readonly RunEvidence[]): Table {
  return {
    ...{ name: 'evaluations', title: 'Evaluations', columns: COLUMNS },
    ...{ rows: runs.flatMap(evaluationRows), notes: [] },
  }
}

function evaluationRows({ run, evaluations }: RunEvidence): Row[] {
  return evaluations.map((summary) => ({
    evaluation: summary.id,
    run: run.id,
    evaluator: `${summary.evaluator.name} v${summary.evaluator.version}`,
    dataset_sha256: startOfHash(summary.dataset.hash),
    arguments: Object.entries(summary.arguments)
      .map(([key, value]) => (Array.isArray(value) ? `${value.length} ${key}` : `${key} ${told(value)}`))
      .join(', '),
    prompts: summary.splits.reduce((sum, { samples }) => sum + samples, 0),
    evaluation_s: summary.duration_s ?? null,
    created_at: summary.created_at,
    tool_version: summary.tool_version ?? null,
  }))
}

/** Options of an evaluator by name, such as "samples=3". */
function told(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, own]) => `${key}=${own}`)
    .join(' ')
}
