import type { FineTuneEstimate, FineTuneRequest, RepeatableProvider } from '../finetuning/provider.ts'
import type { RunRecord } from '../schemas/run.ts'
import { asCompleted } from '../support/as-completed.ts'
import { InterruptedError, ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { stepsOf } from './sweep-steps.ts'
import { findTrainedRun } from './train-once.ts'

export interface RunSweepOptions {
  store: RunStore
  provider: RepeatableProvider
  requests: readonly FineTuneRequest[]
  /** Every run of the sweep gets it. */
  tag: string
  toolVersion: string
  /** Runs that are trained at a time. */
  jobs: number
  /** Trains a run to its end, from its last checkpoint if it has one. Throws ReversalError if it fails. */
  train: (run: RunRecord) => Promise<void>
  /**
   * Submits new runs together, before the first is waited for; if absent, each is submitted in its turn. If it throws
   * InputError, none of them remains.
   */
  begin?: ((runs: readonly RunRecord[]) => Promise<unknown>) | undefined
  onBegun?: ((run: RunRecord) => unknown) | undefined
  signal: AbortSignal
}

/** How one run of a sweep ended. */
export interface SweepOutcome {
  /** Its place among the requests. */
  place: number
  run: RunRecord
  /** It was there before. */
  reused: boolean
  error?: ReversalError
}

/**
 * Trains a run for each request, several at a time. An existing run of the same model, texts and
 * hyperparameters is reused, or resumed if it was interrupted. If one fails, the others continue; an
 * interruption ends all, after they have saved.
 */
export async function* runSweep(options: RunSweepOptions): AsyncGenerator<SweepOutcome> {
  const { store, provider, requests, tag, toolVersion, jobs, train, onBegun, signal } = options
  const find = async (request: FineTuneRequest) => {
    const earlier = await findTrainedRun({ store, provider, request, toolVersion })
    const { id } = earlier ?? (await provider.create(request))
    return { run: await store.tag(id, { add: [tag] }), isNew: earlier === undefined }
  }
  const begun = await beginAll(options, find)
  const work = async (request: FineTuneRequest): Promise<SweepOutcome> => {
    const place = requests.indexOf(request)
    signal.throwIfAborted()
    const run = begun.get(request) ?? (await find(request)).run
    if (run.status === 'succeeded') return { place, run, reused: true }
    await onBegun?.(run)
    try {
      await train(run)
      return { place, run: await store.get(run.id), reused: false }
    } catch (error) {
      const ended = await store.get(run.id)
      // A run that never started has nothing to resume.
      if (ended.status === 'pending') await store.delete(run.id)
      if (!(error instanceof ReversalError) || error instanceof InterruptedError) throw error
      return { place, run: ended, reused: false, error }
    }
  }
  try {
    yield* asCompleted(requests, { limit: jobs }, work)
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    throw new InterruptedError('Interrupted: all trained runs are kept.')
  }
}

/** Creates the runs of all requests and submits them together. */
async function beginAll(
  { store, requests, begin }: RunSweepOptions,
  find: (request: FineTuneRequest) => Promise<{ run: RunRecord; isNew: boolean }>,
): Promise<Map<FineTuneRequest, RunRecord>> {
  const begun = new Map<FineTuneRequest, RunRecord>()
  if (begin === undefined) return begun
  const fresh: RunRecord[] = []
  try {
    for (const request of requests) {
      const { run, isNew } = await find(request)
      begun.set(request, run)
      if (isNew) fresh.push(run)
    }
  } catch (error) {
    for (const { id } of fresh) await store.delete(id)
    throw error
  }
  if (fresh.length > 1) await begin(fresh)
  return begun
}

/** The estimate for all runs of a sweep together. */
export interface SweepEstimate
  extends Pick<FineTuneEstimate, 'examples' | 'steps' | 'tokens' | 'durationS' | 'costUsd' | 'warnings'> {
  /** Memory of its largest run, if known. */
  memoryBytes?: number
}

/** Estimates a whole sweep, from one run for each model and number of epochs. */
export async function estimateSweep({
  provider,
  requests,
}: {
  provider: RepeatableProvider
  requests: readonly FineTuneRequest[]
}): Promise<SweepEstimate> {
  const alike = Map.groupBy(requests, ({ model, hyperparameters }) => `${model} ${hyperparameters.nEpochs}`)
  const total = {
    examples: 0,
    steps: 0,
    tokens: 0,
    durationS: 0 as number | null,
    costUsd: 0 as number | null,
  }
  const warnings = new Set<string>()
  const memory: number[] = []
  for (const own of alike.values()) {
    // Larger batches take more memory.
    const [largest] = own.toSorted((a, b) => b.hyperparameters.batchSize - a.hyperparameters.batchSize)
    const {
      examples,
      tokens,
      durationS,
      costUsd,
      memoryBytes,
      warnings: said,
    } = await provider.estimate(largest!)
    if (memoryBytes !== undefined) memory.push(memoryBytes)
    total.examples = examples
    total.steps += own.reduce((sum, request) => sum + stepsOf(request, examples), 0)
    total.tokens += own.length * tokens
    total.durationS = addTimes(total.durationS, durationS, own.length)
    total.costUsd = addTimes(total.costUsd, costUsd, own.length)
    for (const warning of said) warnings.add(warning)
  }
  return {
    ...total,
    ...(memory.length > 0 && { memoryBytes: Math.max(...memory) }),
    warnings: [...warnings],
  }
}

/** If a part is unknown, the sum is unknown. */
function addTimes(sum: number | null, value: number | null, times: number): number | null {
  return sum === null || value === null ? null : sum + times * value
}
