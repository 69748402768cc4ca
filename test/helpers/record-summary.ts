import { join } from 'node:path'
import type { EvaluationSummary } from '../../src/lib/schemas/evaluation.ts'
import { writeJson } from '../../src/lib/support/files.ts'
import type { RunStore } from '../../src/lib/tracking/run-store.ts'

/** Leave the summary of an evaluation with its run, as an evaluation does. */
export async function recordSummary(store: RunStore, run: string, summary: EvaluationSummary): Promise<void> {
  await writeJson(join(store.evaluationsDirectory(run), summary.id, 'summary.json'), summary)
}
