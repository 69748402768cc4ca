import { readCelebrityResults } from '../datasets/celebrities/celebrity-results.ts'
import { compareDirections } from '../evaluation/celebrities/compare-directions.ts'
import type { EvaluatorDescriptor } from '../evaluation/evaluator.ts'
import type { ProviderDescriptor } from '../finetuning/provider.ts'
import type { RunRecord } from '../schemas/run.ts'
import { sha256File } from '../support/files.ts'
import type { Registry } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { buildReport } from './build-report.ts'
import { collectEvidence } from './evidence/collect-evidence.ts'
import type { ComparedFile } from './evidence/evidence.ts'
import type { FigureLook } from './render-figure.ts'
import type { CuresDesign } from './sections/cures.ts'
import type { WrittenReport } from './write-report.ts'
import { reportDirectory, writeReport } from './write-report.ts'

export interface ReportRunsOptions {
  store: RunStore
  /** Say which sections their evaluations fill. */
  evaluators: Registry<EvaluatorDescriptor>
  /** Say which flags make a run again. */
  providers: Registry<ProviderDescriptor>
  runs: readonly RunRecord[]
  /** Files of results of experiment 2. */
  celebrityFiles?: readonly string[] | undefined
  /** The command line that made those files, if it is known. */
  celebritiesCommand?: string | undefined
  /** Ways to train that the runs compare. */
  cures?: CuresDesign | undefined
  cwd: string
  /** Name of the report, and of its directory unless `outputDir` is given. */
  name: string
  outputDir?: string | undefined
  /** Mean log-probabilities that differ by less, in nats, count as equal. */
  margin?: number | undefined
  /** Look of the figures' files. */
  look?: FigureLook | undefined
  toolVersion: string
  now: Date
  signal?: AbortSignal | undefined
  onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
}

/** Reads the runs' data and writes the report to `reports/NAME`. */
export async function reportRuns(options: ReportRunsOptions): Promise<WrittenReport> {
  const directory = reportDirectory(options)
  const celebrities = await Promise.all((options.celebrityFiles ?? []).map(compareFile))
  const evidence = await collectEvidence(options)
  const report = buildReport({ ...options, evidence, celebrities })
  return writeReport({ report, directory, look: options.look, signal: options.signal })
}

async function compareFile(file: string): Promise<ComparedFile> {
  return { ...compareDirections(await readCelebrityResults(file)), file, sha256: await sha256File(file) }
}
