import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { schemaCheck } from '../schemas/compile.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { evaluationSummarySchema } from '../schemas/evaluation.ts'
import { readTextIfExists, writeJson } from '../support/files.ts'
import { acquireLock, heldSignal } from '../support/lock.ts'
import type { Revise } from './journal.ts'
import { SampleJournal } from './journal.ts'

const checkSummary = schemaCheck(evaluationSummarySchema)

/** The folder of one evaluation while it is worked on: no other process works on it, and what it holds is kept. */
export interface EvaluationFolder {
  /** Absolute; holds `samples.jsonl` and `summary.json`. */
  directory: string
  journal: SampleJournal
  /** The summary of an earlier time, where there is one that can be read; the journal is what counts. */
  before: EvaluationSummary | undefined
  /** Samples in the journal when the folder was opened. */
  scoredBefore: number
  writeSummary(summary: EvaluationSummary): Promise<void>
  /** Aborts where another process has taken the folder over. */
  lost: AbortSignal
  /** Aborts as the given one does, and where the folder is lost. */
  signal: AbortSignal
}

export interface OpenFolderOptions {
  /** Where evaluations of the model lie, such as a run's `evaluations/`. */
  parent: string
  /** The same for the same question to the same model. */
  id: string
  /** Forget what was scored before. */
  fresh?: boolean | undefined
  /** What becomes of samples that were journaled before. */
  revise?: Revise | undefined
  signal?: AbortSignal | undefined
}

/** The files that an evaluation leaves in its folder. */
export function evaluationFiles(directory: string): { samples: string; summary: string } {
  return { samples: join(directory, 'samples.jsonl'), summary: join(directory, 'summary.json') }
}

/** Work in the folder of an evaluation, which is made or found again by its id. It is locked until `work` has ended. */
export async function inEvaluationFolder<T>(
  { parent, id, fresh = false, revise, signal }: OpenFolderOptions,
  work: (folder: EvaluationFolder) => Promise<T>,
): Promise<T> {
  const directory = join(parent, id)
  await using lock = await acquireLock(join(directory, 'lock'), { signal })
  const files = evaluationFiles(directory)
  if (fresh) await Promise.all(Object.values(files).map((path) => rm(path, { force: true })))
  const before = await readSummary(files.summary)
  await using journal = await SampleJournal.open(files.samples, revise && { revise })
  return await work({
    ...{ directory, journal, before, scoredBefore: journal.samples.size },
    ...{ lost: lock.lost, signal: heldSignal(lock, signal) },
    writeSummary: (summary) => writeJson(files.summary, summary),
  })
}

/** The summary in a folder; undefined where there is none, or one that is damaged. */
export async function readSummary(path: string): Promise<EvaluationSummary | undefined> {
  const text = await readTextIfExists(path)
  try {
    const summary: unknown = JSON.parse(text ?? '')
    return checkSummary(summary) === undefined ? (summary as EvaluationSummary) : undefined
  } catch {
    return undefined
  }
}
