import { measureMatmulRate } from '../../engine/rates.ts'
import type { TrainingPlan, TrainingSettings } from '../../engine/training-plan.ts'
import { planTraining } from '../../engine/training-plan.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { FineTuneEstimate } from '../provider.ts'

/** Share of the machine's matrix-product rate that a training reaches where no run has shown its own speed. */
const TYPICAL_SHARE = 0.5
const MEASURE_S = 0.3

/**
 * The estimate of a training on this machine. Its time follows from the speed of the newest run of the same
 * size here,
 * or else from this machine's rate of matrix products, measured for a moment.
 */
export async function estimateLocalTraining(
  settings: TrainingSettings,
  earlier: readonly RunRecord[],
): Promise<FineTuneEstimate> {
  const { examples, tokensPerEpoch, steps, tokens, flops } = await planTraining(settings)
  const durationS = await trainingSeconds({ tokens, flops }, earlier)
  return { examples, tokensPerEpoch, steps, tokens, durationS, costUsd: 0, warnings: [] }
}

/** By the speed of the newest of earlier runs that are alike, which come newest first, or else of this machine. */
export async function trainingSeconds(
  { tokens, flops }: Pick<TrainingPlan, 'tokens' | 'flops'>,
  earlier: readonly RunRecord[],
): Promise<number> {
  const seen = earlier.find(({ status }) => status === 'succeeded')?.progress?.tokens_per_second
  return seen ? tokens / seen : flops / (TYPICAL_SHARE * (await measureMatmulRate({ seconds: MEASURE_S })))
}
