import type { EvaluationTarget } from '../../lib/evaluation/target.ts'
import { findTargets } from '../../lib/evaluation/targets.ts'
import type { Extensions } from '../../lib/extensions/extensions.ts'
import type { LanguageModel } from '../../lib/models/language-model.ts'
import { openModel } from '../../lib/models/open-model.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ModelFlags } from '../flags/model.ts'
import { modelOptions } from '../flags/model.ts'
import { hostedModelOptions, serverOptions } from '../flags/server.ts'
import type { Progress } from '../shell/progress.ts'
import { hostedProgress } from './hosted-progress.ts'
import { openingProgress } from './opening-progress.ts'

export interface OpenNamedModelOptions extends Pick<Extensions, 'models' | 'providers'> {
  /** By the Batch API, and whether to stay until the batches have ended. */
  batch?: { follow: boolean } | undefined
  flags: ModelFlags & Parameters<typeof serverOptions>[0] & Parameters<typeof hostedModelOptions>[0]
  /** Folder of the runs. */
  home: string
  /** Where answers of hosted models are kept. */
  cacheDirectory: string
  progress: Progress
  /** Ends the opening of a model that takes long to load. */
  signal: AbortSignal
}

export interface OpenedTarget {
  target: EvaluationTarget
  model: LanguageModel
}

/** Opens the one model that the user named: a run, a folder, a file or a hosted model. */
export async function openNamedModel(
  reference: string,
  { models, providers, batch, flags, home, cacheDirectory, progress, signal }: OpenNamedModelOptions,
): Promise<OpenedTarget> {
  const server = await serverOptions(flags)
  const [target] = await findTargets({
    ...{ models, providers, store: new RunStore(home) },
    references: [reference],
    tag: '',
    server: server.baseUrl !== undefined,
    cwd: process.cwd(),
  })
  const { onWait, onLook, onCacheFailure } = hostedProgress(progress)
  const hosted = {
    ...{ ...server, ...hostedModelOptions(flags, { cacheDirectory }), onWait, onCacheFailure },
    batch: batch && { ...batch, onLook },
  }
  const onOpening = openingProgress(progress)
  try {
    const onWarning = (message: string) => progress.note(`Warning: ${message}`)
    const options = { ...modelOptions(flags), models, hosted, signal, onOpening, onWarning }
    return { target: target!, model: await openModel(target!.model, options) }
  } catch (error) {
    progress.stop()
    throw error
  }
}
