import type { JobStatus } from '../../compute/engine.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { TrainerResult } from './job-folder.ts'
import { requestOf, trlModelName } from './trl-run.ts'

/** All that is known of the job of a run. */
export interface JobFacts {
  /** Its ID. */
  id: string
  /** Status according to its engine. */
  status: JobStatus
  /** The trainer's result, if it finished. */
  result: TrainerResult | undefined
  /** The last line that a job printed which left no result. */
  lastWords?: string | undefined
  now: Date
}

/** True while a job may still be worked on. */
export function isUnderWay({ state }: JobStatus): boolean {
  return state === 'queued' || state === 'running'
}

/**
 * The record of a run, updated with the facts about its job. The trainer's result takes precedence over the engine's
 * status, as it is written last. A run that was asked to stop counts as running until its engine says that nobody works
 * on it.
 */
export function withJobFacts(run: RunRecord, facts: JobFacts): RunRecord {
  const { id, status, result, now } = facts
  const { process: _process, error: _error, finished_at: _finished, server_status: _word, ...rest } = run
  const { engine, cancelled = false } = requestOf(run)
  const said = { ...rest, remote: { id, engine, ...status } }
  const told = { ...said, server_status: status.word }
  if (result?.status === 'succeeded') {
    return {
      ...said,
      status: 'succeeded',
      fine_tuned_model: trlModelName(run),
      finished_at: run.finished_at ?? now.toISOString(),
      trained_tokens: result.tokens ?? run.progress?.tokens ?? 0,
    }
  }
  if (isUnderWay(status)) return { ...told, status: status.state === 'queued' ? 'queued' : 'running' }
  if (cancelled) return { ...told, status: 'cancelled', finished_at: run.finished_at ?? now.toISOString() }
  if (result?.status === 'interrupted') return { ...told, status: 'interrupted', ...describeStop(status) }
  const error = describeFailure(facts)
  // A trainer that reports a failure has failed, however its process ended.
  if (result === undefined && status.exitCode === undefined) return { ...told, status: 'interrupted', error }
  return { ...told, status: 'failed', error, finished_at: run.finished_at ?? now.toISOString() }
}

/** Why a job stopped with a checkpoint, if its engine gives a reason. */
function describeStop({ reason }: JobStatus): { error?: string } {
  return reason === undefined ? {} : { error: `The job stopped with a checkpoint: ${reason}.` }
}

/** Why a job ended before it had finished: a sentence. */
function describeFailure({ status, result, lastWords }: JobFacts): string {
  if (result?.message !== undefined) return result.message
  const { exitCode, signal, reason } = status
  if (reason !== undefined) return `The job ended without a result: ${reason}.`
  if (signal !== undefined) {
    const often = signal === 'SIGKILL' ? ', often because the memory was full' : ''
    return `The job was ended by ${signal}${often}.`
  }
  const said = lastWords === undefined ? '' : `; its last output: ${lastWords}`
  return `The job ended without a result (exit code ${exitCode})${said}`
}
