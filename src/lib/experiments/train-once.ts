import { isDeepStrictEqual } from 'node:util'
import type { FineTuneRequest, RepeatableProvider } from '../finetuning/provider.ts'
import type { RunRecord } from '../schemas/run.ts'
import { sha256File } from '../support/files.ts'
import type { RunStore } from '../tracking/run-store.ts'

export interface TrainOnceOptions {
  store: RunStore
  provider: RepeatableProvider
  request: FineTuneRequest
  toolVersion: string
  /** Train again, even if such a run exists. */
  fresh: boolean
  /** Called before a run is trained, if there is no complete one yet. */
  onTrain?: (() => unknown) | undefined
  /** Trains a run to its end, either a new one or one that can resume. Throws if it fails. */
  train: (run: RunRecord, options: { fresh: boolean }) => Promise<void>
}

/** The run for a request: an existing one, complete or resumable, or else a new one. */
export async function trainOnce(options: TrainOnceOptions): Promise<{ run: RunRecord; reused: boolean }> {
  const { store, provider, request, fresh, onTrain, train } = options
  const earlier = fresh ? undefined : await findTrainedRun(options)
  if (earlier?.status === 'succeeded') return { run: earlier, reused: true }
  await onTrain?.()
  const run = earlier ?? (await provider.create(request))
  await train(run, { fresh: earlier === undefined })
  return { run: await store.get(run.id), reused: false }
}

/**
 * The newest run of the same model, texts, hyperparameters and tool that succeeded, can resume, or is still training
 * elsewhere.
 */
export async function findTrainedRun({
  store,
  provider,
  request,
  toolVersion,
}: Pick<TrainOnceOptions, 'store' | 'request' | 'toolVersion'> & {
  provider: Pick<RepeatableProvider, 'name' | 'hyperparametersOf'>
}): Promise<RunRecord | undefined> {
  const { model, dataset, options = {} } = request
  const hyperparameters = provider.hyperparametersOf(request)
  const checksum = await sha256File(dataset.trainingFile)
  return (await store.list({ onDamaged: () => {} })).find(
    (run) =>
      run.provider === provider.name &&
      run.model === model &&
      run.dataset.training_sha256 === checksum &&
      run.tool_version === toolVersion &&
      isDeepStrictEqual(run.hyperparameters, hyperparameters) &&
      isDeepStrictEqual(run.provider_options ?? {}, options) &&
      (run.status === 'succeeded' || run.status === 'interrupted' || goesOnElsewhere(run)),
  )
}

/** A server has its job, and no process here works on it. */
function goesOnElsewhere({ status, process, remote }: RunRecord): boolean {
  return (status === 'queued' || status === 'running') && process === undefined && remote !== undefined
}
