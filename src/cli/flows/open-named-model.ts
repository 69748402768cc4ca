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
  flags: ModelFlags & Parameters<typeof serverOptions>[0] & Parameters<typeof hostedModelOptions>[0]
  /** Folder of the runs. */
  home: string
  /** Where answers of hosted models are kept. */
  cacheDirectory: string
  progress: Progress
  /** Ends the opening of a model that takes long to load. */
  signal: AbortSignal
}

/** Open the one model that a user means: a run, a folder, a file or a hosted model. */
export async function openNamedModel(
  reference: string,
  { models, providers, flags, home, cacheDirectory, progress, signal }: OpenNamedModelOptions,
): Promise<LanguageModel> {
  const server = await serverOptions(flags)
  const [target] = await findTargets({
    ...{ models, providers, store: new RunStore(home) },
    references: [reference],
    tag: '',
    server: server.baseUrl !== undefined,
    cwd: process.cwd(),
  })
  const { onWait, onCacheFailure } = hostedProgress(progress)
  const hosted = { ...server, ...hostedModelOptions(flags, { cacheDirectory }), onWait, onCacheFailure }
  const onOpening = openingProgress(progress)
  try {
    const onWarning = (message: string) => progress.note(`Warning: ${message}`)
    const opening = { signal, onOpening, onWarning }
    return await openModel(target!.model, { ...modelOptions(flags), models, hosted, ...opening })
  } catch (error) {
    progress.stop()
    throw error
  }
}
