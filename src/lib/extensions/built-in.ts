import { celebritiesKind } from '../datasets/celebrities/celebrities-kind.ts'
import { instructionsKind } from '../datasets/instructions/instructions-kind.ts'
import { reverseKind } from '../datasets/reverse/reverse-kind.ts'
import { shuffleExamples } from '../datasets/transforms/shuffle-examples.ts'
import { subsample } from '../datasets/transforms/subsample.ts'
import { celebritiesDescriptor } from '../evaluation/celebrities/celebrities-descriptor.ts'
import { qaDescriptor } from '../evaluation/qa-descriptor.ts'
import { reverseDescriptor } from '../evaluation/reverse-descriptor.ts'
import { localDescriptor } from '../finetuning/local/local-descriptor.ts'
import { openaiDescriptor } from '../finetuning/openai/openai-descriptor.ts'
import { trlDescriptor } from '../finetuning/trl/trl-descriptor.ts'
import { engineClient } from '../models/engine/engine-client.ts'
import { ggufClient } from '../models/gguf/gguf-client.ts'
import { openaiClient } from '../models/openai/openai-client.ts'
import { transformersClient } from '../models/transformers/transformers-client.ts'
import { wandbDescriptor } from '../tracking/wandb/wandb-descriptor.ts'
import type { Extensions, Register } from './extensions.ts'
import { apiVersion, createExtensions, registrar } from './extensions.ts'

/** The package that built-in parts are known by, as in `reversal/reverse`. */
export const BUILT_IN = 'reversal'

/** Everything that this package brings, through the same doors as plugins. */
export function registerBuiltIns(register: Register): void {
  for (const entry of [reverseDescriptor, qaDescriptor, celebritiesDescriptor])
    register.evaluator({ ...entry, apiVersion })
  for (const entry of [reverseKind, instructionsKind, celebritiesKind])
    register.datasetKind({ ...entry, apiVersion })
  for (const entry of [engineClient, ggufClient, openaiClient, transformersClient])
    register.model({ ...entry, apiVersion })
  for (const entry of [localDescriptor, openaiDescriptor, trlDescriptor])
    register.provider({ ...entry, apiVersion })
  for (const entry of [shuffleExamples, subsample]) register.transform({ ...entry, apiVersion })
  register.tracker({ ...wandbDescriptor, apiVersion })
}

/** The doors with what is built in alone, for programs that load no plugins. */
export function builtInExtensions(): Extensions {
  const extensions = createExtensions()
  registerBuiltIns(registrar(extensions, BUILT_IN))
  return extensions
}
