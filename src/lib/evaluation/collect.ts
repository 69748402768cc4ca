import { join } from 'node:path'
import { BATCHES_FILE, readBatches } from '../models/openai/batch/outbox.ts'
import { hostedReference } from '../models/openai/openai-client.ts'
import { otherServer } from '../models/openai/server.ts'
import type { BatchesRecord } from '../schemas/batches.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { evaluationSummarySchema } from '../schemas/evaluation.ts'
import { InputError } from '../support/errors.ts'
import { directoryNames } from '../support/files.ts'
import { readRecord } from '../support/record.ts'
import type { Registry } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { EvaluateTargetsOptions, EvaluationOutcome } from './evaluate-targets.ts'
import { evaluateTargets } from './evaluate-targets.ts'
import { evaluationFiles } from './evaluation-folder.ts'
import type { EvaluatorDescriptor } from './evaluator.ts'
import { openEvaluator } from './open-evaluator.ts'
import { evaluatorReference, fromArguments } from './question.ts'

const checkSummary = schemaCheck(evaluationSummarySchema)

/** An evaluation that waits for batches. */
export interface WaitingEvaluation {
  /** Holds a folder for each evaluation of the model. */
  evaluationsDirectory: string
  summary: EvaluationSummary
  sent: BatchesRecord
}

/** All incomplete evaluations that were sent to the Batch API, or only those of the given runs and models. */
export async function findWaiting(
  store: RunStore,
  references: readonly string[] = [],
): Promise<WaitingEvaluation[]> {
  const runs = await store.folders()
  const folders = [store.modelEvaluationsDirectory, ...runs.map((id) => store.evaluationsDirectory(id))]
  const waiting = (await Promise.all(folders.map(findWaitingIn))).flat()
  if (references.length === 0) return waiting
  const unknown = references.find((reference) => !waiting.some((evaluation) => isOf(evaluation, reference)))
  if (unknown !== undefined) {
    throw new InputError(`No evaluation of ${unknown} has batches to fetch.`, { code: 'NOTHING_WAITS' })
  }
  return waiting.filter((evaluation) => references.some((reference) => isOf(evaluation, reference)))
}

function isOf({ summary, sent }: WaitingEvaluation, reference: string): boolean {
  return [summary.id, summary.run_id, sent.address.model].includes(reference)
}

async function findWaitingIn(evaluationsDirectory: string): Promise<WaitingEvaluation[]> {
  const found = await Promise.all(
    (await directoryNames(evaluationsDirectory)).map(async (name) => {
      const directory = join(evaluationsDirectory, name)
      const sent = await readBatches(join(directory, BATCHES_FILE))
      if (sent === undefined) return undefined
      const summary = await readRecord<EvaluationSummary>(evaluationFiles(directory).summary, checkSummary)
      return summary && summary.status !== 'complete' ? { evaluationsDirectory, summary, sent } : undefined
    }),
  )
  return found.filter((waiting) => waiting !== undefined)
}

export interface CollectOptions
  extends Pick<
    EvaluateTargetsOptions,
    'models' | 'toolVersion' | 'signal' | 'onProgress' | 'tracker' | 'onUnavailable'
  > {
  store: RunStore
  evaluators: Registry<EvaluatorDescriptor>
  waiting: readonly WaitingEvaluation[]
  /** The server; batches on other servers are not touched and reported as failures. */
  hosted: NonNullable<EvaluateTargetsOptions['hosted']> & { batch: object }
}

/** Fetches the results of waiting evaluations' batches. Only failed requests are sent again. */
export async function* collectEvaluations({
  waiting,
  ...options
}: CollectOptions): AsyncGenerator<EvaluationOutcome> {
  for (const evaluation of waiting) yield* collect(evaluation, options)
}

async function* collect(
  { evaluationsDirectory, summary, sent }: WaitingEvaluation,
  { store, evaluators, hosted, ...options }: Omit<CollectOptions, 'waiting'>,
): AsyncGenerator<EvaluationOutcome> {
  const { run_id, dataset } = summary
  const { server, address } = sent
  const { model, ...manner } = address
  const run = run_id === null ? undefined : await store.find(run_id)
  const opened = await openEvaluator(
    evaluators,
    evaluatorReference(summary),
    summary.arguments.evaluator_options ?? {},
  )
  yield* evaluateTargets({
    ...options,
    ...opened,
    ...fromArguments(summary.arguments),
    expected: summary,
    hosted: {
      ...hosted,
      ...manner,
      baseUrl: server.base_url,
      organization: server.organization ?? undefined,
      project: server.project ?? undefined,
      batch: { ...hosted.batch, onlyAgain: true },
    },
    targets: [
      {
        name: run_id ?? model,
        problem: otherServer('the batches', server.base_url, hosted.baseUrl),
        ...(run && { run }),
        ...(run_id !== null && { runId: run_id }),
        datasetDirectory: dataset.directory,
        evaluationsDirectory,
        model: hostedReference({ model }),
      },
    ],
  })
}
