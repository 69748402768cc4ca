import { measureMatmulRate } from '../../engine/rates.ts'
import type { TrainingPlan, TrainingSettings } from '../../engine/training-plan.ts'
import { planTraining } from '../../engine/training-plan.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { FineTuneEstimate } from '../provider.ts'

/** Share of the machine's matrix-product rate that a training reaches, if no earlier run shows its speed. */
const TYPICAL_SHARE = 0.5
const MEASURE_S = 0.3

/**
 * Estimates a training on this machine. Its duration follows from the speed of the newest run of the same size here, or
 * else from this machine's rate of matrix products, measured briefly.
 */
export async function estimateLocalTraining(
  settings: TrainingSettings,
  earlier: readonly RunRecord[],
): Promise<FineTuneEstimate> {
  const { examples, tokensPerEpoch, steps, tokens, flops } = await planTraining(settings)
  const durationS = await trainingSeconds({ tokens, flops }, earlier)
  return { examples, tokensPerEpoch, steps, tokens, durationS, costUsd: 0, warnings: [] }
}

/** Duration by the speed of the newest successful run in `earlier` (newest first), or else by that of this machine. */
export async function trainingSeconds(
  { tokens, flops }: Pick<TrainingPlan, 'tokens' | 'flops'>,
  earlier: readonly RunRecord[],
): Promise<number> {
  const seen = earlier.find(({ status }) => status === 'succeeded')?.progress?.tokens_per_second
  return seen ? tokens / seen : flops / (TYPICAL_SHARE * (await measureMatmulRate({ seconds: MEASURE_S })))
}
