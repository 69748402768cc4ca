import type { estimateSweep } from '../lib/experiments/run-sweep.ts'
import type { FineTuneRequest } from '../lib/finetuning/provider.ts'
import { formatDuration } from './progress.ts'

/** What a sweep takes, for a person to read before it starts. */
export function renderSweepEstimate(
  requests: readonly FineTuneRequest[],
  estimate: Awaited<ReturnType<typeof estimateSweep>>,
  { jobs, threads }: { jobs: number; threads: number },
): string {
  const [{ dataset }] = requests as [FineTuneRequest]
  const { tokens, durationS, costUsd, warnings } = estimate
  const facts = [
    `${requests.length} runs on ${dataset.name}`,
    `${tokens.toLocaleString('en-US')} tokens`,
    ...(durationS === null ? [] : [`about ${formatDuration(durationS)}`]),
    ...(costUsd ? [`about $${costUsd.toFixed(2)}`] : []),
    `${jobs} at once with ${threads} ${threads === 1 ? 'thread' : 'threads'} each`,
  ]
  return [facts.join(', '), ...warnings.map((warning) => `Warning: ${warning}`)].join('\n')
}
