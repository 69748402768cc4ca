import { celebritiesKind } from '../datasets/celebrities/celebrities-kind.ts'
import { instructionsKind } from '../datasets/instructions/instructions-kind.ts'
import { plainKind } from '../datasets/plain-kind.ts'
import { relationsKind } from '../datasets/relations/relations-kind.ts'
import { reverseKind } from '../datasets/reverse/reverse-kind.ts'
import { entityTokens } from '../datasets/transforms/entity-tokens.ts'
import { identityBridge } from '../datasets/transforms/identity-bridge.ts'
import { inContextInferences } from '../datasets/transforms/in-context-inferences.ts'
import { paraphrases } from '../datasets/transforms/paraphrases.ts'
import { permuteSegments } from '../datasets/transforms/permute-segments.ts'
import { reverseEntities } from '../datasets/transforms/reverse-entities.ts'
import { reverseSegments } from '../datasets/transforms/reverse-segments.ts'
import { reverseTokens } from '../datasets/transforms/reverse-tokens.ts'
import { reverseWordsArm } from '../datasets/transforms/reverse-words.ts'
import { shuffleExamples } from '../datasets/transforms/shuffle-examples.ts'
import { shuffledNames } from '../datasets/transforms/shuffled-names.ts'
import { stateBothOrders } from '../datasets/transforms/state-both-orders.ts'
import { subsample } from '../datasets/transforms/subsample.ts'
import { choiceDescriptor } from '../evaluation/arms/choice-descriptor.ts'
import { formsDescriptor } from '../evaluation/arms/forms-descriptor.ts'
import { inContextDescriptor } from '../evaluation/arms/in-context-descriptor.ts'
import { rankDescriptor } from '../evaluation/arms/rank-descriptor.ts'
import { twoHopDescriptor } from '../evaluation/arms/two-hop-descriptor.ts'
import { verifyDescriptor } from '../evaluation/arms/verify-descriptor.ts'
import { wrongSymmetryDescriptor } from '../evaluation/arms/wrong-symmetry-descriptor.ts'
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
import { vllmClient } from '../models/vllm/vllm-client.ts'
import { wandbDescriptor } from '../tracking/wandb/wandb-descriptor.ts'
import type { Extensions, Register } from './extensions.ts'
import { apiVersion, createExtensions, registrar } from './extensions.ts'

/** The package that built-in parts are known by, as in `reversal/reverse`. */
const BUILT_IN = 'reversal'

const EVALUATORS = [
  ...[reverseDescriptor, qaDescriptor, celebritiesDescriptor],
  ...[inContextDescriptor, choiceDescriptor, verifyDescriptor, formsDescriptor, rankDescriptor],
  ...[wrongSymmetryDescriptor, twoHopDescriptor],
] as const

const TRANSFORMS = [
  ...[reverseTokens, reverseWordsArm, reverseEntities, reverseSegments, permuteSegments],
  ...[identityBridge, stateBothOrders, inContextInferences, entityTokens, paraphrases],
  ...[shuffledNames, shuffleExamples, subsample],
]

/** Everything built into this package, registered through the same doors as plugins. */
export function registerBuiltIns(register: Register): void {
  for (const entry of EVALUATORS) register.evaluator({ ...entry, apiVersion })
  // A data set of relations also has the files of experiment 1, so its kind comes first.
  for (const entry of [relationsKind, reverseKind, instructionsKind, celebritiesKind, plainKind])
    register.datasetKind({ ...entry, apiVersion })
  for (const entry of [engineClient, ggufClient, openaiClient, transformersClient, vllmClient])
    register.model({ ...entry, apiVersion })
  for (const entry of [localDescriptor, openaiDescriptor, trlDescriptor])
    register.provider({ ...entry, apiVersion })
  for (const entry of TRANSFORMS) register.transform({ ...entry, apiVersion })
  register.tracker({ ...wandbDescriptor, apiVersion })
}

/** The doors with only the built-in parts, for programs that load no plugins. */
export function builtInExtensions(): Extensions {
  const extensions = createExtensions()
  registerBuiltIns(registrar(extensions, BUILT_IN))
  return extensions
}
