import type { Objective } from '../engine/objectives.ts'
import { DEFAULT_OBJECTIVE } from '../engine/objectives.ts'
import type { RunRecord } from '../schemas/run.ts'
import { formatCount, plural } from '../support/numbers.ts'

/** Passes over a data set of the paper's size. */
export const DEFAULT_EPOCHS = 10

/**
 * Fewer steps are not enough for a local model, trained from scratch, to learn the facts of a small data set. Measured
 * on data sets of 3 to 10 facts per group, stated in 8 templates: accuracy in the direction of training was 0 to 50 %
 * after 100 steps, 10 to 100 % after 200, and hardly rose after 400.
 */
const LEAST_STEPS = 400

/** How many times as long a model of this objective takes (docs/objectives.md). */
function patience(objective: Objective): number {
  return objective === 'masked-uniform' ? 5 : 1
}

/** The number of epochs, and the reason if it is more than usual. */
export interface ChosenEpochs {
  nEpochs: number
  /** A sentence. */
  reason?: string
}

/** The number of epochs, raised to reach enough steps if the data set is small. */
export function chooseEpochs({
  examples,
  batchSize,
  objective = DEFAULT_OBJECTIVE,
  usual = DEFAULT_EPOCHS * patience(objective),
}: {
  examples: number
  batchSize: number
  objective?: Objective | undefined
  usual?: number
}): ChosenEpochs {
  const stepsPerEpoch = Math.ceil(examples / batchSize)
  const leastSteps = LEAST_STEPS * patience(objective)
  const nEpochs = Math.ceil(leastSteps / stepsPerEpoch)
  if (examples === 0 || nEpochs <= usual) {
    if (patience(objective) === 1) return { nEpochs: usual }
    const reason = `The objective masked-uniform learns slowly: ${plural(usual, 'epoch')} instead of ${DEFAULT_EPOCHS}.`
    return { nEpochs: usual, reason }
  }
  return {
    nEpochs,
    reason: `The data set is small: ${plural(nEpochs, 'epoch')} instead of ${usual}, to train for ${plural(nEpochs * stepsPerEpoch, 'step')} (a model needs at least ${formatCount(leastSteps)} to learn facts).`,
  }
}

/** The maximum of hosted fine-tuning. */
const MOST_HOSTED = 50

/** Number of epochs to suggest for a run that has not learned its facts: twice as many, and enough steps. */
export function proposeEpochs({
  server,
  dataset,
  hyperparameters,
}: Pick<RunRecord, 'server' | 'dataset' | 'hyperparameters'>): number {
  const { n_epochs: before, batch_size: batchSize, method } = hyperparameters
  const twice = 2 * Math.ceil(before)
  if (server !== undefined) return Math.max(Math.ceil(before), Math.min(twice, MOST_HOSTED))
  // Only pretrained models have a method; they know the language before the facts.
  if (method !== undefined) return twice
  const { n_train: examples } = dataset
  return examples === undefined ? twice : chooseEpochs({ examples, batchSize, usual: twice }).nEpochs
}

/**
 * The same of a run that was asked about its own data set. Undefined where it was asked about another one, as no training
 * on its own teaches the facts of that.
 */
export function proposeEpochsOn(
  run: Pick<RunRecord, 'server' | 'dataset' | 'hyperparameters'>,
  asked: { directory: string; name?: string | undefined },
): number | undefined {
  const { directory, name } = run.dataset
  return directory === asked.directory || name === asked.name ? proposeEpochs(run) : undefined
}
