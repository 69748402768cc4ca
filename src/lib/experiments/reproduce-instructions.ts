import { createInstructionDataset } from '../datasets/instructions/create.ts'
import type { InstructionOptions } from '../datasets/instructions/generate.ts'
import type { Order } from '../datasets/instructions/phrasings.ts'
import type { Learned } from '../evaluation/learned.ts'
import { judgeLearned } from '../evaluation/learned.ts'
import { qaEvaluator } from '../evaluation/qa-evaluator.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { accuracyOf } from './accuracy-of.ts'
import type { Part, ReproductionOptions } from './train-and-evaluate.ts'
import { trainAndEvaluate } from './train-and-evaluate.ts'

/** Shares of right answers, 0 to 1, for each order in which the guidances were told. */
export type ByOrder = Record<Order, number>

export interface ReproduceInstructionsResult {
  experiment: 'instructions'
  /** Such as `local/ada`. */
  model: string
  seed: number
  /** Answers to questions whose example was trained too. */
  realized: ByOrder
  /** Answers to questions of which the guidance alone was trained: what the experiment is about. */
  unrealized: ByOrder
  /** The paper's for unrealized ones: a lower and an upper bound (section 2.3: over 80 %, below 7 %). */
  paper: { unrealized: ByOrder }
  /** Questions behind each share. */
  prompts: { realized: number; unrealized: number }
  /** Mean log-probability of the right answers to unrealized questions, in nats. */
  logprobs: Record<Order, number | null>
  parts: Record<Order, { dataset: Part & { name: string }; run: Part & { id: string }; evaluation: Part }>
  /** Whether the guidances in the same order taught enough for a conclusion on the others. */
  learned: Learned
  duration_s: number
}

interface Setting {
  dataset: Pick<
    InstructionOptions,
    | 'realizedGuidanceSize'
    | 'unrealizedGuidanceSize'
    | 'guidanceSizeRange'
    | 'upsampleExamplesFactor'
    | 'upsampleGuidancesFactor'
  >
  training: Omit<FineTuneRequest['hyperparameters'], 'seed'>
}

/** Fewer pairs than the paper's 1,100, each guided in ten phrasings: a model that begins from nothing needs them. */
const FULL: Setting = {
  dataset: {
    realizedGuidanceSize: 100,
    unrealizedGuidanceSize: 50,
    guidanceSizeRange: [1, 3],
    upsampleExamplesFactor: 5,
    upsampleGuidancesFactor: 10,
  },
  training: { nEpochs: 12, batchSize: 16, learningRateMultiplier: 0.2, dropout: 0.3 },
}

const QUICK: Setting = {
  dataset: { ...FULL.dataset, realizedGuidanceSize: 30, unrealizedGuidanceSize: 10 },
  training: FULL.training,
}

const PAPER = { unrealized: { same: 0.8, reverse: 0.07 } }

/** Experiment 3 in both orders, with the same pairs: what is there already, from an earlier time, is used again. */
export async function reproduceInstructions(
  options: ReproductionOptions,
): Promise<ReproduceInstructionsResult> {
  const started = performance.now()
  const same = await reproduceOrder('same', options)
  const reverse = await reproduceOrder('reverse', options)
  const byOrder = <T>(ask: (summary: EvaluationSummary) => T) => ({
    same: ask(same.evaluation.summary),
    reverse: ask(reverse.evaluation.summary),
  })
  const part = ({ evaluation, dataset, run }: Awaited<ReturnType<typeof reproduceOrder>>) => ({
    dataset,
    run,
    evaluation: { directory: evaluation.directory, reused: evaluation.scored === 0 },
  })
  return {
    experiment: 'instructions',
    model: `local/${options.model}`,
    seed: options.seed,
    realized: byOrder((summary) => accuracyOf(summary, 'realized_examples') ?? 0),
    unrealized: byOrder((summary) => accuracyOf(summary, 'unrealized_examples') ?? 0),
    paper: PAPER,
    prompts: {
      realized: samplesOf(same.evaluation.summary, 'realized_examples'),
      unrealized: samplesOf(same.evaluation.summary, 'unrealized_examples'),
    },
    logprobs: byOrder((summary) => metricOf(summary, 'unrealized_examples', 'mean_logprob')),
    parts: { same: part(same), reverse: part(reverse) },
    learned: judgeLearned({
      same: metricOf(same.evaluation.summary, 'unrealized_examples', 'prefix_accuracy') ?? 0,
      facts: samplesOf(same.evaluation.summary, 'unrealized_examples'),
    }),
    duration_s: (performance.now() - started) / 1000,
  }
}

async function reproduceOrder(order: Order, options: ReproductionOptions) {
  const { cwd, seed, quick, toolVersion } = options
  const { dataset: size, training } = quick ? QUICK : FULL
  const dataset = await createInstructionDataset({
    ...{ cwd, order, seed, toolVersion, ...size },
    ...{
      unrealizedGuidancePhrasings: 0,
      personaIdx: 0,
      incorrectLabels: false,
      splitPromptCompletion: false,
    },
    ...{ suffix: `${order}_seed${seed}`, subdir: 'instructions', overwrite: false },
  })
  return trainAndEvaluate({ ...options, dataset, evaluator: qaEvaluator, hyperparameters: training })
}

function metricOf({ splits }: EvaluationSummary, split: string, metric: string): number | null {
  return splits.find((entry) => entry.split === split)?.metrics[metric] ?? null
}

function samplesOf({ splits }: EvaluationSummary, split: string): number {
  return splits.find((entry) => entry.split === split)?.samples ?? 0
}
