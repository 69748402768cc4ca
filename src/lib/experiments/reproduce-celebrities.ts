import { resolve } from 'node:path'
import type { AskProgress, QuestionPlan } from '../evaluation/celebrities/ask-questions.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { reportRuns } from '../reporting/report-runs.ts'
import type { WrittenReport } from '../reporting/write-report.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type {
  FindCelebritiesOptions,
  FoundCelebrities,
  TestCelebritiesOptions,
  TestedCelebrities,
} from './ask-about-celebrities.ts'
import { findCelebrities, testCelebrities } from './ask-about-celebrities.ts'
import { celebrityFile, displayName, fileName } from './celebrity-files.ts'
import type { Tell } from './reproduction-event.ts'

/** What the reproduction of experiment 2 tells while it goes on. */
export type CelebritiesEvent =
  | { type: 'step'; step: number; steps: number; stage: 'search' | 'test' | 'report' }
  /** Before anything is asked; throw to stop. */
  | { type: 'plan'; plan: QuestionPlan }
  | { type: 'asking'; label: string; progress: AskProgress }
  | { type: 'warning'; message: string }
  | { type: 'found'; found: FoundCelebrities }

export interface ReproduceCelebritiesOptions
  extends Pick<TestCelebritiesOptions, 'model' | 'aliasesFile' | 'seed' | 'journals' | 'fresh' | 'signal'> {
  cwd: string
  store: RunStore
  /** The model as the user calls it. */
  reference: string
  pairs: Pick<TestCelebritiesOptions, 'pairsFile' | 'prompts' | 'measure' | 'samples' | 'limit'>
  /** Where the pairs are to be those that the model itself names: whose parents it is asked for. */
  search?: Pick<FindCelebritiesOptions, 'celebrities' | 'style' | 'samples'> | undefined
  /** The command line that does it again, for the report. */
  command: string
  toolVersion: string
  now?: (() => Date) | undefined
  onEvent: Tell<CelebritiesEvent>
}

export interface ReproducedCelebrities {
  /** What was found in the model's own answers; undefined where the pairs were given. */
  found: FoundCelebrities | undefined
  tested: TestedCelebrities
  report: WrittenReport
}

/**
 * Experiment 2 from pairs, given or found, to the report. Its files have names of their own and are replaced. Throws
 * InputError where `onEvent` declines the plan or pairs do not fit.
 */
export async function reproduceCelebrities(
  options: ReproduceCelebritiesOptions,
): Promise<ReproducedCelebrities> {
  const { cwd, store, reference, search, command, toolVersion, onEvent, now = () => new Date() } = options
  const steps = search === undefined ? 2 : 3
  const output = (suffix: string) => resolve(cwd, celebrityFile(reference, `reproduced_${suffix}`))
  const { model, aliasesFile, seed, journals, fresh, signal } = options
  const shared = {
    ...{ model, modelName: displayName(reference), aliasesFile, seed, journals, fresh, signal },
    overwrite: true,
    onPlan: async (plan: QuestionPlan) => void (await onEvent({ type: 'plan', plan })),
    onProgress: (label: string, progress: AskProgress) => onEvent({ type: 'asking', label, progress }),
  }
  let found: FoundCelebrities | undefined
  if (search !== undefined) {
    await onEvent({ type: 'step', step: 1, steps, stage: 'search' })
    found = await findCelebrities({ ...shared, ...search, output: output('pairs') })
    await onEvent({ type: 'found', found })
  }
  await onEvent({ type: 'step', step: steps - 1, steps, stage: 'test' })
  const tested = await testCelebrities({
    ...shared,
    ...options.pairs,
    ...(found && { pairsFile: found.file }),
    output: output('test_results'),
    // The file of pairs that were just found is not the user's.
    ...(!found && { onWarning: (message: string) => void onEvent({ type: 'warning', message }) }),
  })
  await onEvent({ type: 'step', step: steps, steps, stage: 'report' })
  const { evaluators, providers } = builtInExtensions()
  const report = await reportRuns({
    ...{ store, cwd, toolVersion, evaluators, providers },
    runs: [],
    celebrityFiles: [tested.file],
    celebritiesCommand: command,
    name: `reproduce-celebrities-${fileName(reference)}`,
    now: now(),
  })
  return { found, tested, report }
}
