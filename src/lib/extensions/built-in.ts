import { instructionsKind } from '../datasets/instructions/instructions-kind.ts'
import { reverseKind } from '../datasets/reverse/reverse-kind.ts'
import { shuffleExamples } from '../datasets/transforms/shuffle-examples.ts'
import { subsample } from '../datasets/transforms/subsample.ts'
import { qaDescriptor } from '../evaluation/qa-descriptor.ts'
import { reverseDescriptor } from '../evaluation/reverse-descriptor.ts'
import { wandbDescriptor } from '../tracking/wandb/wandb-descriptor.ts'
import type { Extensions, Register } from './extensions.ts'
import { apiVersion, createExtensions, registrar } from './extensions.ts'

/** The package that built-in parts are known by, as in `reversal/reverse`. */
export const BUILT_IN = 'reversal'

/** Everything that this package brings, through the same doors as plugins. */
export function registerBuiltIns(register: Register): void {
  for (const entry of [reverseDescriptor, qaDescriptor]) register.evaluator({ ...entry, apiVersion })
  for (const entry of [reverseKind, instructionsKind]) register.datasetKind({ ...entry, apiVersion })
  for (const entry of [shuffleExamples, subsample]) register.transform({ ...entry, apiVersion })
  register.tracker({ ...wandbDescriptor, apiVersion })
}

/** The doors with what is built in alone, for programs that load no plugins. */
export function builtInExtensions(): Extensions {
  const extensions = createExtensions()
  registerBuiltIns(registrar(extensions, BUILT_IN))
  return extensions
}
