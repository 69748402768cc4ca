import { readResults } from '../datasets/celebrities/results.ts'
import { compareDirections } from '../evaluation/celebrities/compare-directions.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { buildReport } from './build-report.ts'
import { collectEvidence } from './evidence/collect-evidence.ts'
import type { WrittenReport } from './write-report.ts'
import { reportDirectory, writeReport } from './write-report.ts'

export interface ReportRunsOptions {
  store: RunStore
  runs: readonly RunRecord[]
  /** Files of results of experiment 2. */
  celebrityFiles?: readonly string[] | undefined
  cwd: string
  /** A folder name, which is that of the report's directory where `outputDir` says no other. */
  name: string
  outputDir?: string | undefined
  /** Mean log-probabilities that differ by less, in nats, count as equal. */
  margin?: number | undefined
  toolVersion: string
  now: Date
  signal?: AbortSignal | undefined
  onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
}

/** Read what runs left behind and write the report on it to `reports/NAME`. */
export async function reportRuns(options: ReportRunsOptions): Promise<WrittenReport> {
  const directory = reportDirectory(options)
  const results = await Promise.all((options.celebrityFiles ?? []).map((file) => readResults(file)))
  const evidence = await collectEvidence(options)
  const report = buildReport({ ...options, evidence, celebrities: results.map(compareDirections) })
  return writeReport({ report, directory })
}
