import { evaluateTargets } from '../../lib/evaluation/evaluate-targets.ts'
import type { Evaluator } from '../../lib/evaluation/evaluator.ts'
import { qaEvaluator } from '../../lib/evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../../lib/evaluation/reverse-evaluator.ts'
import { requireRanking } from '../../lib/evaluation/run-evaluation.ts'
import { findTargets } from '../../lib/evaluation/targets.ts'
import type { RunSweepOptions, SweepOutcome } from '../../lib/experiments/run-sweep.ts'
import { runSweep } from '../../lib/experiments/run-sweep.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { EXIT } from '../../lib/support/errors.ts'
import { plural } from '../../lib/support/plural.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'

export interface SweepResult {
  /** In the order of the grid. */
  runs: RunRecord[]
  failures: { run: string; message: string }[]
}

/** How often the live line looks at the runs that other processes train. */
const LOOK_MS = 1000

/** Train the runs of a sweep before the user's eyes: one live line for all of them, a line for each that ends. */
export async function trainSweep(command: BaseCommand, options: RunSweepOptions): Promise<SweepResult> {
  const { store, requests } = options
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const result: SweepResult = { runs: [], failures: [] }
  const ended: SweepOutcome[] = []
  const begun = new Set<string>()
  const show = async () => {
    const active = await Promise.all([...begun].map((id) => store.get(id)))
    await progress.update({
      label: 'Training',
      done: ended.length,
      total: requests.length,
      details: active.map(({ id, progress: own }) => `${id} ${percentOf(own)} %`),
    })
  }
  const looking = setInterval(() => void show().catch(() => {}), LOOK_MS)
  try {
    const outcomes = runSweep({ ...options, onBegun: ({ id }) => begun.add(id) })
    for await (const outcome of outcomes) {
      const { run, error } = outcome
      begun.delete(run.id)
      ended.push(outcome)
      progress.stop()
      command.logToStderr(describeOutcome(outcome))
      if (error !== undefined) result.failures.push({ run: run.id, message: error.message })
    }
  } finally {
    clearInterval(looking)
    progress.stop()
  }
  const trained = ended.filter(({ error }) => error === undefined)
  result.runs.push(...trained.toSorted((a, b) => a.place - b.place).map(({ run }) => run))
  if (result.failures.length > 0) process.exitCode = EXIT.failed
  return result
}

function percentOf(progress: RunRecord['progress']): number {
  return progress === undefined || progress.total_steps === 0
    ? 0
    : Math.floor((100 * progress.step) / progress.total_steps)
}

function describeOutcome({ run, reused, error }: SweepOutcome): string {
  const { learning_rate_multiplier: rate, batch_size: batch, n_epochs: epochs, seed } = run.hyperparameters
  const settings = `${run.model}, rate × ${rate}, batch ${batch}, ${plural(Number(epochs), 'epoch')}, seed ${seed}`
  if (error !== undefined) return `${run.id} (${settings}) failed: ${error.message}`
  const loss = typeof run.progress?.loss === 'number' ? `, loss ${run.progress.loss.toFixed(3)}` : ''
  return `${run.id} (${settings}) ${reused ? 'is there from before' : `trained${loss}`}`
}

/**
 * The evaluator of the kind of data set that a sweep trains on; that of experiment 1, which says why not, where there is
 * none. Throws InputError RANKING_UNSUPPORTED where it cannot do what is asked of it.
 */
export async function chooseEvaluator({
  dataset: { directory },
  rankAll,
}: {
  dataset: { directory?: string }
  rankAll: boolean
}): Promise<Evaluator> {
  const isQa = directory !== undefined && (await qaEvaluator.accepts(directory))
  const evaluator = isQa ? qaEvaluator : reverseEvaluator
  if (rankAll) requireRanking(evaluator)
  return evaluator
}

type EvaluateSweepOptions = Pick<RunSweepOptions, 'store' | 'toolVersion' | 'signal'> &
  Pick<Parameters<typeof evaluateTargets>[0], 'evaluator' | 'device' | 'threads' | 'rankAll'>

/** Evaluate the runs of a sweep on their data set, those that are not yet. Failures are added to the result's. */
export async function evaluateSweep(
  command: BaseCommand,
  { runs, failures }: SweepResult,
  { store, ...options }: EvaluateSweepOptions,
): Promise<void> {
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const targets = await findTargets({
    store,
    references: runs.map(({ id }) => id),
    tag: '',
    cwd: process.cwd(),
  })
  let done = 0
  const outcomes = evaluateTargets({
    ...options,
    ...{ targets, plugin: 'reversal' },
    onProgress: ({ name }, state) =>
      progress.update({
        ...{ label: 'Evaluating', done, total: targets.length },
        details: [`${name} ${Math.floor((100 * state.done) / state.total)} %`],
      }),
  })
  try {
    for await (const outcome of outcomes) {
      done++
      if (!('error' in outcome)) continue
      const { target, error } = outcome
      command.logToStderr(`${target.name} could not be evaluated: ${error.message}`)
      failures.push({ run: target.name, message: error.message })
      process.exitCode = EXIT.failed
    }
  } finally {
    progress.stop()
  }
}
