import { findTargets } from '../lib/evaluation/targets.ts'
import type { LanguageModel } from '../lib/models/language-model.ts'
import type { OpenModelOptions } from '../lib/models/open-model.ts'
import { openModel } from '../lib/models/open-model.ts'
import { RunStore } from '../lib/tracking/run-store.ts'

/** Open the one model that a user means: a run, a folder, a file or a hosted model. */
export async function openNamedModel(
  reference: string,
  { home, ...options }: OpenModelOptions & { home: string },
): Promise<LanguageModel> {
  const store = new RunStore(home)
  const [target] = await findTargets({ store, references: [reference], tag: '', cwd: process.cwd() })
  return openModel(target!.model, options)
}
