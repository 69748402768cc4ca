import type { FineTuneEstimate, FineTuneRequest } from '../lib/finetuning/provider.ts'
import { formatDuration } from '../lib/support/duration.ts'
import { wrapText } from './table.ts'

/** What fine-tunes take, for a person to read before they start. */
export function renderEstimate(requests: readonly FineTuneRequest[], estimate: FineTuneEstimate): string {
  const [{ model, dataset, hyperparameters }] = requests as [FineTuneRequest]
  const { nEpochs, batchSize, learningRateMultiplier, seed } = hyperparameters
  const runs = requests.length
  const each = runs > 1 ? ' each' : ''
  const facts = [
    `${number(estimate.examples)} examples`,
    `${number(estimate.tokensPerEpoch)} tokens an epoch`,
    `${number(estimate.steps)} steps`,
    ...(estimate.durationS === null ? [] : [`about ${formatDuration(estimate.durationS)}${each}`]),
    ...(estimate.costUsd ? [`about ${dollars(estimate.costUsd)}${each}`] : []),
    ...(estimate.costUsd && runs > 1 ? [`${dollars(estimate.costUsd * runs)} in all`] : []),
  ]
  const seeds = runs > 1 ? `seeds ${seed} to ${seed + runs - 1}` : `seed ${seed}`
  return [
    `${model} on ${dataset.name}: ${nEpochs} epochs, batch size ${batchSize}, learning-rate multiplier ${learningRateMultiplier}, ${seeds}`,
    facts.join(', '),
    ...(estimate.costBasis === undefined ? [] : [estimate.costBasis]),
    ...estimate.warnings.map((warning) => `Warning: ${warning}`),
  ]
    .map((line) => wrapText(line))
    .join('\n')
}

/** The question before money is spent. */
export function askForCost(
  { length: runs }: readonly FineTuneRequest[],
  { costUsd }: FineTuneEstimate,
): string {
  const what = runs === 1 ? 'the fine-tune' : `${runs} fine-tunes`
  return `Start ${what} ${costUsd === null ? 'at a cost that is unknown' : `for about ${dollars(costUsd * runs)}`}?`
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
