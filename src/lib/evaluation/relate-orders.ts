import type { OrderComparison } from './compare-orders.ts'
import { compareOrders } from './compare-orders.ts'
import type { RelateOptions, Relation } from './evaluator.ts'
import { explainNotLearned } from './learned.ts'

const SIDES = ['same', 'reverse'] as const

/** The two orders of experiment 3 side by side, if models that learned them have both been evaluated. */
export async function relateOrders(options: RelateOptions): Promise<Relation[]> {
  return (await compareOrders(options)).map(relationOf)
}

function relationOf(comparison: OrderComparison): Relation {
  const { model, hyperparameters, splits, learned } = comparison
  const settings = Object.entries(hyperparameters).map(([name, value]) => `${name} ${value}`)
  const runs = SIDES.map((side) => `${side} ${splits[0]?.[side].runs.length ?? 0}`)
  return {
    title: `Guidances in the same and in reverse order, ${model} (${settings.join(', ')}), means over runs: ${runs.join(', ')}`,
    sides: SIDES,
    metrics: ['prefix_accuracy', 'mean_logprob'],
    splits: splits.map(({ split, samples, same, reverse }) => ({
      ...{ split, samples, metrics: { same: same.metrics, reverse: reverse.metrics } },
    })),
    notes: learned?.learned === false ? [`Instructions ${explainNotLearned(learned)}.`] : [],
    data: comparison,
  }
}
