import type { Registry } from '../support/registry.ts'
import type { EvaluatorDescriptor, RelateOptions, Relation } from './evaluator.ts'

/** Relations between evaluations, by their key in `--json`; every evaluator that has relations has one. */
export async function relateEvaluations(
  evaluators: Registry<EvaluatorDescriptor>,
  { store, evaluations }: RelateOptions,
): Promise<Record<string, Relation[]>> {
  const found: Record<string, Relation[]> = {}
  for (const { entry, plugin } of evaluators.list()) {
    const { name, relations } = entry
    if (relations === undefined) continue
    const own = evaluations.filter(
      ({ evaluator }) => evaluator.name === name && (evaluator.plugin ?? plugin) === plugin,
    )
    found[relations.key] = own.length === 0 ? [] : await relations.relate({ store, evaluations: own })
  }
  return found
}
