import { findTargets } from '../lib/evaluation/targets.ts'
import type { LanguageModel } from '../lib/models/language-model.ts'
import { openModel } from '../lib/models/open-model.ts'
import { RunStore } from '../lib/tracking/run-store.ts'
import type { ModelFlags } from './model-flags.ts'
import { modelOptions } from './model-flags.ts'
import type { Progress } from './progress.ts'
import type { HostedModelFlags, ServerFlags } from './server-flags.ts'
import { hostedOptions } from './server-flags.ts'

export interface OpenNamedModelOptions {
  flags: ModelFlags & HostedModelFlags & ServerFlags
  /** Folder of the runs. */
  home: string
  /** Where answers of hosted models are kept. */
  cacheDirectory: string
  progress: Progress
}

/** Open the one model that a user means: a run, a folder, a file or a hosted model. */
export async function openNamedModel(
  reference: string,
  { flags, home, ...context }: OpenNamedModelOptions,
): Promise<LanguageModel> {
  const hosted = await hostedOptions(flags, context)
  const [target] = await findTargets({
    store: new RunStore(home),
    references: [reference],
    tag: '',
    server: hosted.baseUrl !== undefined,
    cwd: process.cwd(),
  })
  return openModel(target!.model, { ...modelOptions(flags), hosted })
}
