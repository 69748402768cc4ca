import type { Device } from '../engine/device.ts'
import type { ReadHubSettings } from '../engine/pretrained/hub/settings.ts'
import { chooseEvaluator } from '../evaluation/choose-evaluator.ts'
import { evaluateTargets } from '../evaluation/evaluate-targets.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import { openEvaluator } from '../evaluation/open-evaluator.ts'
import { requireRanking } from '../evaluation/question.ts'
import { reverseDescriptor } from '../evaluation/reverse-descriptor.ts'
import { findTargets } from '../evaluation/targets.ts'
import type { Extensions } from '../extensions/extensions.ts'
import type { FineTuneRequest, RepeatableProvider } from '../finetuning/provider.ts'
import type { JobSettings } from '../models/model-client.ts'
import { reportRuns } from '../reporting/report-runs.ts'
import type { WrittenReport } from '../reporting/write-report.ts'
import { refuseOther, reportDirectory } from '../reporting/write-report.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { MachineDivision } from './divide-machine.ts'
import { divideMachine } from './divide-machine.ts'
import type { Tell } from './reproduction-event.ts'
import type { SweepEstimate, SweepOutcome } from './run-sweep.ts'
import { estimateSweep, runSweep } from './run-sweep.ts'
import { sweepName } from './sweep-name.ts'
import type { SweepState } from './sweep-steps.ts'
import { SweepSteps, stepsOf } from './sweep-steps.ts'

/** Events of a sweep. */
export type SweepEvent =
  /** Before anything is made; throw to stop. */
  | {
      type: 'planned'
      name: string
      requests: readonly FineTuneRequest[]
      estimate: SweepEstimate
      machine: MachineDivision
    }
  /** Called as time passes. */
  | ({ type: 'training' } & SweepState)
  | { type: 'trained'; outcome: SweepOutcome }
  | {
      type: 'evaluating'
      run: string
      /** Runs that are evaluated, and all of them. */
      done: number
      total: number
      prompts: { done: number; total: number }
    }
  | { type: 'evaluation-failed'; run: string; error: Error }

export interface SweepOptions {
  cwd: string
  store: RunStore
  provider: RepeatableProvider
  /** Those of `sweepRequests`: at least one, all on one data set. */
  requests: readonly FineTuneRequest[]
  extensions: Pick<Extensions, 'evaluators' | 'datasetKinds' | 'models' | 'providers'>
  /** The tag of its runs and the name of its report; by default derived from the grid and the files. */
  name?: string | undefined
  /** Whether to rank the right answer among all. */
  rankAll: boolean
  /** Give the estimate and stop. */
  dryRun: boolean
  device: Device
  /** Threads of all runs that train at the same time. */
  threads?: number | undefined
  jobs?: number | undefined
  /** Where models of the Hugging Face Hub are, for the evaluation of adapters. */
  hub?: ReadHubSettings | undefined
  /** Settings for models that run as a job. */
  readJobSettings?: (() => Promise<JobSettings>) | undefined
  /**
   * Trains a run to its end with so many threads, from its last checkpoint if it has one. Throws ReversalError if it
   * fails.
   */
  train: (run: RunRecord, options: { threads: number; signal: AbortSignal }) => Promise<void>
  /** As in `runSweep`. */
  begin?: ((runs: readonly RunRecord[]) => Promise<unknown>) | undefined
  toolVersion: string
  signal: AbortSignal
  onEvent: Tell<SweepEvent>
  /** Milliseconds between two looks at the runs that other processes train. */
  lookMs?: number | undefined
  now?: (() => Date) | undefined
}

export interface Swept {
  name: string
  estimate: SweepEstimate
  /** In the order of the grid. */
  runs: RunRecord[]
  failures: { run: string; message: string }[]
  /** Undefined if nothing was trained. */
  report?: WrittenReport
}

/**
 * The evaluator that fits the data set; for a bare training file that of experiment 1, whose error then says what is
 * missing.
 */
async function evaluatorFor(
  { dataset: { directory } }: FineTuneRequest,
  { extensions, rankAll }: Pick<SweepOptions, 'extensions' | 'rankAll'>,
): Promise<OpenedEvaluator> {
  const { evaluators, datasetKinds: kinds } = extensions
  const opened =
    directory === undefined
      ? await openEvaluator(evaluators, reverseDescriptor.name)
      : await chooseEvaluator({ evaluators, kinds, datasetDirectory: directory })
  if (rankAll) requireRanking(opened.evaluator)
  return opened
}

/**
 * Trains a run for each request, evaluates all and writes the report. Existing results are reused. If one run fails,
 * the others continue. Throws InputError for invalid settings before anything is made, InterruptedError if `signal`
 * aborts.
 */
export async function sweep(options: SweepOptions): Promise<Swept> {
  const { cwd, store, provider, requests, extensions, rankAll, device, toolVersion, signal, onEvent } =
    options
  const { name = sweepName(requests), now = () => new Date() } = options
  const { evaluators, models, providers } = extensions
  const opened = await evaluatorFor(requests[0]!, { extensions, rankAll })
  await refuseOther(reportDirectory({ cwd, name }))
  const estimate = await estimateSweep({ provider, requests })
  const { memoryBytes } = estimate
  const machine = divideMachine({ ...options, runs: requests.length, memoryBytes })
  const result: Swept = { name, estimate, runs: [], failures: [] }
  await onEvent({ type: 'planned', name, requests, estimate, machine })
  if (options.dryRun) return result

  const outcomes = await trainAll({ ...options, name, machine, estimate })
  for (const { run, error } of outcomes) {
    if (error === undefined) result.runs.push(run)
    else result.failures.push({ run: run.id, message: error.message })
  }
  if (result.runs.length === 0) return result
  const targets = await findTargets({
    ...{ store, models, providers, cwd, tag: '' },
    references: result.runs.map(({ id }) => id),
  })
  let done = 0
  const evaluated = evaluateTargets({
    ...{ models, targets, rankAll, device, threads: options.threads, toolVersion, signal },
    ...{ evaluator: opened.evaluator, plugin: opened.plugin, hub: options.hub },
    jobs: options.readJobSettings,
    onProgress: ({ name: run }, prompts) =>
      onEvent({ type: 'evaluating', run, done, total: targets.length, prompts }),
  })
  for await (const { target, error } of evaluated) {
    done++
    if (error === undefined) continue
    result.failures.push({ run: target.name, message: error.message })
    await onEvent({ type: 'evaluation-failed', run: target.name, error })
  }
  const report = await reportRuns({
    ...{ store, evaluators, providers, runs: result.runs, cwd, name, toolVersion, signal },
    now: now(),
  })
  return { ...result, report }
}

type TrainAllOptions = SweepOptions & { name: string; machine: MachineDivision; estimate: SweepEstimate }

/** How each run ended, in the order of the grid. */
async function trainAll(options: TrainAllOptions): Promise<SweepOutcome[]> {
  const { store, requests, name, machine, estimate, signal, train, onEvent, lookMs = 1000 } = options
  const { examples } = estimate
  const steps = new SweepSteps(estimate.steps)
  const ended: SweepOutcome[] = []
  const look = async () => {
    const runs = await Promise.all(steps.active.map((id) => store.get(id)))
    if (runs.length > 0 && ended.length < requests.length)
      await onEvent({ type: 'training', ...steps.state(runs) })
  }
  // A failure here is ignored: real failures show up in the run itself.
  const looking = setInterval(() => void look().catch(() => {}), lookMs)
  try {
    const outcomes = runSweep({
      ...options,
      ...{ tag: name, jobs: machine.jobs },
      train: (run) => train(run, { threads: machine.threads, signal }),
      onBegun: (run) => steps.begin(run),
    })
    for await (const outcome of outcomes) {
      steps.end(outcome.run, stepsOf(requests[outcome.place]!, examples))
      ended.push(outcome)
      await onEvent({ type: 'trained', outcome })
    }
  } finally {
    clearInterval(looking)
  }
  return ended.toSorted((a, b) => a.place - b.place)
}
