import { resolve } from 'node:path'
import { builtInExtensions } from '../extensions/built-in.ts'
import { reportRuns } from '../reporting/report-runs.ts'
import type { WrittenReport } from '../reporting/write-report.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type {
  AskedModel,
  AskingEvent,
  CompleteTest,
  FindCelebritiesOptions,
  FoundCelebrities,
  TestCelebritiesOptions,
} from './ask-about-celebrities.ts'
import { findCelebrities, isCompleteTest, testCelebrities } from './ask-about-celebrities.ts'
import { celebrityFile, fileName } from './celebrity-files.ts'
import type { Tell } from './reproduction-event.ts'

/** Events of the reproduction of experiment 2. */
export type CelebritiesEvent =
  | { type: 'step'; step: number; steps: number; stage: 'search' | 'test' | 'report' }
  | AskingEvent
  | { type: 'found'; found: FoundCelebrities }

export interface ReproduceCelebritiesOptions extends AskedModel, Pick<TestCelebritiesOptions, 'fresh'> {
  cwd: string
  store: RunStore
  pairs: Pick<TestCelebritiesOptions, 'pairsFile' | 'prompts' | 'measure' | 'samples' | 'limit'>
  /** If given, the pairs are those that the model itself names: whose parents it is asked for. */
  search?: Pick<FindCelebritiesOptions, 'celebrities' | 'style' | 'samples'> | undefined
  /** The command line that does it again, for the report. */
  command: string
  now?: (() => Date) | undefined
  onEvent: Tell<CelebritiesEvent>
}

export interface ReproducedCelebrities {
  /** Pairs found in the model's own answers; undefined if the pairs were given. */
  found: FoundCelebrities | undefined
  tested: CompleteTest
  report: WrittenReport
}

/**
 * Experiment 2 from pairs, given or found, to the report. Its files have fixed names and are replaced. Throws
 * InputError if `onEvent` declines the plan or pairs do not fit.
 */
export async function reproduceCelebrities(
  options: ReproduceCelebritiesOptions,
): Promise<ReproducedCelebrities> {
  const { cwd, store, modelName, search, command, toolVersion, onEvent, now = () => new Date() } = options
  const steps = search === undefined ? 2 : 3
  const output = (suffix: string) => resolve(cwd, celebrityFile(modelName, `reproduced_${suffix}`))
  const { model, aliasesFile, exactNames, seed, journals, fresh, signal } = options
  const shared = {
    ...{ model, modelName, aliasesFile, exactNames, seed, journals, fresh, signal },
    ...{ overwrite: true, onEvent },
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
    ...{ evaluationsDirectory: options.evaluationsDirectory, runId: options.runId, toolVersion },
    ...(found && { pairsFile: found.file }),
    output: output('test_results'),
    // The file of pairs that were just found is not the user's.
    ...(found && {
      onEvent: async (event: AskingEvent) => (event.type === 'warning' ? undefined : onEvent(event)),
    }),
  })
  if (!isCompleteTest(tested)) throw new Error('A reproduction sends single requests, which have all ended.')
  await onEvent({ type: 'step', step: steps, steps, stage: 'report' })
  const { evaluators, providers } = builtInExtensions()
  const report = await reportRuns({
    ...{ store, cwd, toolVersion, evaluators, providers },
    runs: [],
    celebrityFiles: [tested.file],
    celebritiesCommand: command,
    name: `reproduce-celebrities-${fileName(modelName)}`,
    now: now(),
  })
  return { found, tested, report }
}
