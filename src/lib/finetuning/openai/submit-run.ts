import { isMissing } from '../../models/openai/files.ts'
import type { Transport } from '../../models/openai/transport.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { thisProcess } from '../../support/lock.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { lockSubmission } from '../lock-submission.ts'
import { hasEnded } from '../run-status.ts'
import { refuseChangedFile } from '../unchanged-file.ts'
import { createJob, takeJob } from './create-job.ts'
import type { JobApi, JobRequest } from './job-api.ts'
import { jobIdOf, withJob } from './jobs.ts'
import type { TrainingFile } from './training-file.ts'
import { uploadOnce } from './uploads.ts'

export interface SubmitOptions {
  api: JobApi
  transport: Transport
  store: RunStore
  run: RunRecord
  /** The files of the run as the server takes them. */
  readFiles: (run: RunRecord) => Promise<{ training: TrainingFile; validation?: TrainingFile | undefined }>
  /** Names of models that can be fine-tuned, to suggest if this one cannot. */
  trainable: readonly string[]
  now: () => Date
  signal: AbortSignal
}

/**
 * Submits a run to its server: everything the job is made from is sent and recorded before the job is
 * requested, so that it can be found again whatever happens. A paused job continues. Throws InputError
 * RUN_ENDED, RUN_ACTIVE,
 * TRAINING_FILE_CHANGED, LOCKED; ReversalError FINE_TUNING_DENIED.
 */
export async function submitRun(options: SubmitOptions): Promise<RunRecord> {
  const { api, store, run } = options
  await using _lock = await lockSubmission(store, run)
  const before = await store.get(run.id)
  const id = jobIdOf(before)
  const sent = before.request?.training_file !== undefined
  if (id === undefined && !sent) return sendRun({ ...options, run: before })
  const job = id === undefined ? await takeJob({ ...options, run: before }) : await api.retrieve(id)
  if (job === undefined) return sendRun({ ...options, run: before })
  const known = await store.update(run.id, (current) => withJob(current, job))
  if (id === undefined) return known
  if (job.status !== 'paused') throw notToSubmit(known)
  const resumed = await api.control(job.id, 'resume')
  return store.update(run.id, (current) => withJob(current, resumed))
}

async function sendRun(options: SubmitOptions): Promise<RunRecord> {
  const { store, run, trainable } = options
  const { id } = run
  await store.update(id, (current) => ({ ...current, status: 'pending', process: thisProcess() }))
  try {
    await refuseChangedFile(run)
    const fileIds = await sendFiles(options).catch((error) => {
      throw explainUpload(error, options)
    })
    const ready = await store.update(id, (current) => ({
      ...current,
      request: { ...current.request, ...fileIds },
    }))
    const job = await createJob({ ...options, run: ready })
    return await store.update(id, (current) => withJob(current, job))
  } catch (error) {
    await store.update(id, ({ process: _process, ...current }) => ({ ...current, status: 'interrupted' }))
    throw explain(error, { run, trainable })
  }
}

async function sendFiles({ store, transport, run, readFiles, now, signal }: SubmitOptions) {
  const { training, validation } = await readFiles(run)
  const shared = { home: store.home, transport, now, signal }
  const { name } = run.dataset
  return {
    training_file: await uploadOnce({ ...shared, file: training, name }),
    ...(validation !== undefined && {
      validation_file: await uploadOnce({ ...shared, file: validation, name: `${name}-validation` }),
    }),
  }
}

function notToSubmit(run: RunRecord): InputError {
  return hasEnded(run)
    ? new InputError(`The run ${run.id} has ended (${run.status}): there is nothing to resume.`, {
        code: 'RUN_ENDED',
      })
    : new InputError(`The run ${run.id} is on its server (${run.status}): there is nothing to resume.`, {
        code: 'RUN_ACTIVE',
        suggestions: [`watch it: reversal finetune:watch ${run.id}`],
      })
}

/** A server that accepts no files has no API for fine-tuning. */
function explainUpload(error: unknown, { transport }: SubmitOptions): unknown {
  if (!isMissing(error)) return error
  return new InputError(`${transport.server.name} has no API for fine-tuning.`, {
    code: 'FINE_TUNING_UNAVAILABLE',
    cause: error,
  })
}

/** Explain a refusal, as far as its reason is known. */
function explain(error: unknown, { run, trainable }: Pick<SubmitOptions, 'run' | 'trainable'>): unknown {
  if (!(error instanceof ReversalError)) return error
  const { message, code, cause = error } = error
  const { model } = run.request as JobRequest
  if (code === 'ACCESS_DENIED') {
    return new ReversalError(message, {
      code: 'FINE_TUNING_DENIED',
      suggestions: [
        'In 2026 OpenAI closed fine-tuning to organizations that had not used it recently; it ends on 2027-01-06',
        'check the permissions of the organization, the project and the key',
      ],
      cause,
    })
  }
  if (code === 'REQUEST_REFUSED' && message.includes(model) && trainable.length > 0) {
    const suggestions = [`OpenAI’s models that can be fine-tuned: ${trainable.join(', ')}`]
    return new InputError(message, { code: 'MODEL_NOT_TRAINABLE', suggestions, cause })
  }
  return error
}
