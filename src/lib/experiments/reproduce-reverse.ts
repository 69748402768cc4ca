import { TRAINING_FILE } from '../datasets/find-dataset.ts'
import { createReverseDataset } from '../datasets/reverse/create.ts'
import type { ReverseOptions } from '../datasets/reverse/generate.ts'
import { DIRECTION_SPLITS } from '../evaluation/directions.ts'
import type { LearnedDirection } from '../evaluation/learned.ts'
import { judgeDirections } from '../evaluation/learned.ts'
import { reverseEvaluator } from '../evaluation/reverse-evaluator.ts'
import { chooseEpochs, proposeEpochs } from '../finetuning/epochs.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { Table1 } from './table1.ts'
import { PAPER_TABLE, table1 } from './table1.ts'
import type { Part, ReproductionOptions } from './train-and-evaluate.ts'
import { trainAndEvaluate } from './train-and-evaluate.ts'

export interface ReproduceReverseResult {
  experiment: 'reverse'
  /** Such as `local/ada`. */
  model: string
  seed: number
  /** Shares of right completions on held-out prompts, 0 to 1. */
  table1: Table1
  /** The paper's Table 1. */
  paper: Table1
  /** Prompts behind each cell of Table 1. */
  prompts: Record<keyof Table1, { same: number; reverse: number }>
  /** Mean log-probability of names after the reverse prompts of name-first facts, in nats (the paper's Figure 4). */
  logprobs: { correct: number | null; incorrect: number | null }
  dataset: Part & { name: string }
  run: Part & { id: string }
  evaluation: Part & { id: string }
  /** Of each way of training whether enough was learned for a conclusion on the reverse. */
  learned: LearnedDirection[]
  /** Of the training, and why they are so many where the data set is small. */
  n_epochs: number
  epochs_reason?: string
  /** Epochs to try where not all was learned. */
  proposed_epochs?: number
  duration_s: number
}

interface Setting {
  dataset: Omit<ReverseOptions, 'seed'>
  training: Omit<FineTuneRequest['hyperparameters'], 'seed'>
}

/** The paper's data set, and a training that takes two minutes on two cores. */
const FULL: Setting = {
  dataset: { examplesPerGroup: 30, trainExamples: 30, testExamples: 10 },
  training: { nEpochs: 10, batchSize: 16, learningRateMultiplier: 0.2 },
}

/** Fewer facts in as many templates. */
const QUICK: Setting = {
  dataset: { examplesPerGroup: 6, trainExamples: 30, testExamples: 5 },
  training: { nEpochs: 8, batchSize: 16, learningRateMultiplier: 0.2 },
}

/** Experiment 1 from facts to Table 1: what is there already, from an earlier time, is used again. */
export async function reproduceReverse(options: ReproductionOptions): Promise<ReproduceReverseResult> {
  const { cwd, store, model, seed, quick, toolVersion } = options
  const started = performance.now()
  const { dataset: size, training } = quick ? QUICK : FULL
  const written = await createReverseDataset({ cwd, ...size, seed, overwrite: false, toolVersion })
  const examples = written.manifest.files[TRAINING_FILE]!.lines
  const { nEpochs, reason } = chooseEpochs({
    examples,
    batchSize: training.batchSize,
    usual: training.nEpochs,
  })
  const { evaluation, dataset, run } = await trainAndEvaluate({
    ...options,
    dataset: written,
    ...{ evaluator: reverseEvaluator, rankAll: true },
    hyperparameters: { ...training, nEpochs },
  })
  const { summary } = evaluation
  const learned = judgeDirections(summary)
  return {
    experiment: 'reverse',
    model: `local/${model}`,
    seed,
    table1: table1(summary),
    paper: PAPER_TABLE,
    prompts: promptCounts(summary),
    logprobs: {
      correct: meanLogprob(summary, 'p2d_reverse_prompts_test'),
      incorrect: meanLogprob(summary, 'p2d_reverse_prompts_test_randomized'),
    },
    dataset,
    run,
    evaluation: { id: summary.id, directory: evaluation.directory, reused: evaluation.scored === 0 },
    learned,
    n_epochs: nEpochs,
    ...(reason !== undefined && { epochs_reason: reason }),
    ...(learned.some((own) => !own.learned) && { proposed_epochs: proposeEpochs(await store.get(run.id)) }),
    duration_s: (performance.now() - started) / 1000,
  }
}

function promptCounts({ splits }: EvaluationSummary): ReproduceReverseResult['prompts'] {
  const count = (split: string) => splits.find((entry) => entry.split === split)?.samples ?? 0
  const row = ({ same, reverse }: { same: string; reverse: string }) => ({
    same: count(same),
    reverse: count(reverse),
  })
  return {
    NameToDescription: row(DIRECTION_SPLITS.NameToDescription),
    DescriptionToName: row(DIRECTION_SPLITS.DescriptionToName),
  }
}

function meanLogprob({ splits }: EvaluationSummary, split: string): number | null {
  return splits.find((entry) => entry.split === split)?.metrics.mean_logprob ?? null
}
