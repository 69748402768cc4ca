import type { estimateSweep } from '../../lib/experiments/run-sweep.ts'
import type { FineTuneRequest } from '../../lib/finetuning/provider.ts'
import { formatDuration } from '../../lib/support/duration.ts'
import { plural } from '../../lib/support/plural.ts'
import { heldOutWarnings } from './estimate.ts'

/** What a sweep takes, for a person to read before it starts. */
export function renderSweepEstimate(
  requests: readonly FineTuneRequest[],
  estimate: Awaited<ReturnType<typeof estimateSweep>>,
  { jobs, threads }: { jobs: number; threads: number },
): string {
  const [{ dataset, epochsReason }] = requests as [FineTuneRequest]
  const { tokens, durationS, costUsd, warnings } = estimate
  const facts = [
    `${plural(requests.length, 'run')} on ${dataset.name}`,
    plural(tokens, 'token'),
    ...(durationS === null ? [] : [`about ${formatDuration(durationS)}`]),
    ...(costUsd ? [`about $${costUsd.toFixed(2)}`] : []),
    jobs === 1
      ? `with ${plural(threads, 'thread')}`
      : `${jobs} at once with ${plural(threads, 'thread')} each`,
  ]
  return [
    facts.join(', '),
    ...(epochsReason === undefined ? [] : [`${epochsReason} --n-epochs sets other numbers.`]),
    ...[...heldOutWarnings(dataset), ...warnings].map((warning) => `Warning: ${warning}`),
  ].join('\n')
}
