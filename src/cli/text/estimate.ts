import { basename, relative } from 'node:path'
import { describeHeldOut } from '../../lib/datasets/held-out.ts'
import type { FineTuneEstimate, FineTuneRequest, PlannedJob } from '../../lib/finetuning/provider.ts'
import { commandLine } from '../../lib/support/command-line.ts'
import {
  formatBytes,
  formatDollars,
  formatDuration,
  formatNumber,
  plural,
} from '../../lib/support/numbers.ts'
import { wrapText } from './table.ts'

/** What ends the training instead of a number of epochs. */
function renderBudget({ tokenBudget, computeBudget }: FineTuneRequest['hyperparameters']): string[] {
  if (tokenBudget !== undefined) return [`The budget is ${plural(tokenBudget, 'token')}.`]
  return computeBudget === undefined
    ? []
    : [`The budget is ${formatNumber(computeBudget)} floating-point operations.`]
}

/** The estimate of fine-tunes, for a person to read before they start. */
export function renderEstimate(requests: readonly FineTuneRequest[], estimate: FineTuneEstimate): string {
  const [{ model, dataset, hyperparameters, epochsReason }] = requests as [FineTuneRequest]
  const { nEpochs, batchSize, learningRateMultiplier, objective, seed } = hyperparameters
  const runs = requests.length
  const each = runs > 1 ? ' each' : ''
  const facts = [
    plural(estimate.examples, 'example'),
    `${plural(estimate.tokensPerEpoch, 'token')} per epoch`,
    plural(estimate.steps, 'step'),
    ...(estimate.durationS === null ? [] : [`about ${formatDuration(estimate.durationS)}${each}`]),
    ...(estimate.memoryBytes === undefined
      ? []
      : [
          `about ${formatBytes(estimate.memoryBytes)} of memory${(estimate.job?.gpus ?? 0) > 1 ? ' on each GPU' : ''}`,
        ]),
    ...(estimate.costUsd ? [`about ${formatDollars(estimate.costUsd)}${each}`] : []),
    ...(estimate.costUsd && runs > 1 ? [`${formatDollars(estimate.costUsd * runs)} in all`] : []),
  ]
  const seeds = runs > 1 ? `seeds ${seed} to ${seed + runs - 1}` : `seed ${seed}`
  return [
    `${model} on ${dataset.name}: ${plural(nEpochs, 'epoch')}, batch size ${batchSize}, learning-rate multiplier ${learningRateMultiplier},${objective === undefined ? '' : ` objective ${objective},`} ${seeds}`,
    facts.join(', '),
    ...renderBudget(hyperparameters),
    ...(epochsReason === undefined ? [] : [`${epochsReason} --n-epochs sets another number.`]),
    ...(estimate.job === undefined ? [] : [describeJob(estimate.job)]),
    ...(estimate.costBasis === undefined ? [] : [estimate.costBasis]),
    ...[...heldOutWarnings(dataset), ...estimate.warnings].map((warning) => `Warning: ${warning}`),
  ]
    .map((line) => wrapText(line))
    .join('\n')
}

/** The job to be submitted. */
function describeJob({
  engine,
  site,
  script,
  command,
  python,
  gpus,
  nodes,
  time,
  partition,
  storage,
  config,
}: PlannedJob): string {
  const { precision, gradient_checkpointing, shard, micro_batch_size, learning_rate, lora, loss } = config
  const machines = [
    gpus === 0 ? 'the processor' : plural(gpus, 'GPU'),
    ...(nodes > 1 ? [`on each of ${plural(nodes, 'machine')}`] : []),
    ...(partition === undefined ? [] : [`of ${partition}`]),
    ...(time === undefined ? [] : [`for at most ${time}`]),
  ].join(' ')
  const manner = [
    lora === null ? 'all weights' : `LoRA of rank ${lora.rank}`,
    precision,
    `${plural(micro_batch_size, 'text')} at once`,
    ...(gradient_checkpointing ? ['gradient checkpointing'] : []),
    ...(shard ? ['sharded (FSDP)'] : []),
    `learning rate ${formatNumber(learning_rate)}`,
    ...(loss === 'text' ? [] : ['loss on the completion only']),
  ].join(', ')
  const where = `engine ${engine}${site === undefined ? '' : ` at ${site}`}, on ${machines}`
  const place = storage === undefined ? '' : ` Files go to ${storage}.`
  if (command !== undefined) return `Job: ${command}, ${where}.${place}`
  return `Job: ${script} by ${python}, ${where}; ${manner}.${place}`
}

/** How much of its data set's tests a training file gives away. */
export function heldOutWarnings({ name, trainingFile, heldOut }: FineTuneRequest['dataset']): string[] {
  if (heldOut === undefined || heldOut.lines === 0) return []
  return [
    `${basename(trainingFile)} ${describeHeldOut(heldOut)}: results of ${name} on these are no evidence. ${commandLine('dataset:validate', { args: [relative('', trainingFile)], flags: { against: relative('', heldOut.against) } })} shows them.`,
  ]
}

/** The question before money is spent. */
export function askForCost(
  { length: runs }: readonly FineTuneRequest[],
  { costUsd }: FineTuneEstimate,
): string {
  const what = runs === 1 ? 'the fine-tune' : `${runs} fine-tunes`
  return `Start ${what} ${costUsd === null ? 'at an unknown cost' : `for about ${formatDollars(costUsd * runs)}`}?`
}
