import type { FineTuneProvider } from '../../lib/finetuning/provider.ts'
import { hasEnded } from '../../lib/finetuning/run-status.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { EXIT, InterruptedError } from '../../lib/support/errors.ts'
import type { RunStore } from '../../lib/tracking/run-store.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'
import { showEvent } from './train-visibly.ts'

interface WatchOptions {
  store: RunStore
  provider: FineTuneProvider
  run: RunRecord
  signal: AbortSignal
}

/**
 * Shows a run until it ends: a live line with step and loss, then the outcome. Sets exit code 1 if it did not
 * succeed.
 */
export async function watchVisibly(
  command: BaseCommand,
  { store, provider, run, signal }: WatchOptions,
): Promise<RunRecord> {
  const progress = new Progress({ quiet: command.jsonEnabled() })
  if (!hasEnded(run)) progress.note(`Watching ${run.id} (${run.status}). Ctrl-C stops watching, not the run.`)
  try {
    for await (const event of provider.follow(run, { signal })) await showEvent(progress, run, event)
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    const suggestions = [`the run continues; to watch it again: reversal finetune:watch ${run.id}`]
    throw new InterruptedError('Interrupted.', { suggestions })
  } finally {
    progress.stop()
  }
  const ended = await store.get(run.id)
  command.log(describeEnd(ended))
  if (ended.status !== 'succeeded') process.exitCode = EXIT.failed
  return ended
}

function describeEnd({ id, status, error, fine_tuned_model: model }: RunRecord): string {
  const reason = error === undefined ? '.' : `: ${error}`
  const next =
    status === 'interrupted'
      ? ` Resume it: reversal finetune:resume ${id}`
      : status === 'succeeded' && model !== undefined
        ? ` The model is ${model}.`
        : ''
  return `${id}: ${status}${reason}${next}`
}
