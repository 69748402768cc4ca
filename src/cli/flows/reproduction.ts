import type { ReproduceInstructionsResult } from '../../lib/experiments/reproduce-instructions.ts'
import { reproduceInstructions } from '../../lib/experiments/reproduce-instructions.ts'
import type { ReproduceReverseResult } from '../../lib/experiments/reproduce-reverse.ts'
import { reproduceReverse } from '../../lib/experiments/reproduce-reverse.ts'
import type { ReproductionOptions } from '../../lib/experiments/train-and-evaluate.ts'
import { renderInstructions, renderReverse } from '../text/reproduction.ts'

/** The experiments of the paper that run offline. */
export const EXPERIMENTS = ['reverse', 'instructions'] as const
export type Experiment = (typeof EXPERIMENTS)[number]

export type Reproduction = ReproduceReverseResult | ReproduceInstructionsResult

/** Run an experiment, and tell what it found as text too. */
export async function reproduce(
  experiment: Experiment,
  options: ReproductionOptions,
): Promise<{ result: Reproduction; text: string }> {
  if (experiment === 'instructions') {
    const result = await reproduceInstructions(options)
    return { result, text: renderInstructions(result) }
  }
  const result = await reproduceReverse(options)
  return { result, text: renderReverse(result) }
}

/** The runs behind a result. */
export function runIdsOf(result: Reproduction): string[] {
  return result.experiment === 'reverse'
    ? [result.run.id]
    : [result.parts.same.run.id, result.parts.reverse.run.id]
}

/** Such as `reproduce-reverse`, `reproduce-instructions-quick-babbage`. */
export function reportName(
  experiment: Experiment,
  { quick, model }: Pick<ReproductionOptions, 'quick' | 'model'>,
): string {
  return ['reproduce', experiment, ...(quick ? ['quick'] : []), ...(model === 'ada' ? [] : [model])].join('-')
}
