import { join } from 'node:path'
import { createReverseDataset } from '../datasets/reverse/create.ts'
import type { ReverseOptions } from '../datasets/reverse/generate.ts'
import type { DeviceOptions } from '../engine/device.ts'
import { reverseEvaluator } from '../evaluation/reverse-evaluator.ts'
import type { EvaluationProgress } from '../evaluation/run-evaluation.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { openProvider } from '../finetuning/open-provider.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import { openModel } from '../models/open-model.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { Table1 } from './table1.ts'
import { PAPER_TABLE_1, TABLE_1_SPLITS, table1 } from './table1.ts'
import { trainOnce } from './train-once.ts'

export interface ReproduceReverseOptions extends DeviceOptions {
  cwd: string
  store: RunStore
  /** One of the local sizes. */
  model: string
  /** Draws the facts and starts the weights. */
  seed: number
  /** A small data set that shows the curse in seconds. */
  quick: boolean
  /** Train and evaluate again, also what is there. */
  fresh: boolean
  toolVersion: string
  signal: AbortSignal
  onTraining?: ((run: RunRecord, event: RunEvent) => unknown) | undefined
  onEvaluation?: ((progress: EvaluationProgress) => unknown) | undefined
}

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
  dataset: { name: string; directory: string; reused: boolean }
  run: { id: string; directory: string; reused: boolean }
  evaluation: { id: string; directory: string; reused: boolean }
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
export async function reproduceReverse(options: ReproduceReverseOptions): Promise<ReproduceReverseResult> {
  const { cwd, store, model, seed, quick, fresh, toolVersion, signal, device, threads } = options
  const started = performance.now()
  const setting = quick ? QUICK : FULL
  const dataset = await createReverseDataset({ cwd, ...setting.dataset, seed, overwrite: false, toolVersion })
  const provider = await openProvider('local', { store, toolVersion, device, threads })
  const { run, reused } = await trainOnce({
    ...{ store, provider, toolVersion, fresh, signal },
    request: {
      model,
      dataset: {
        name: dataset.name,
        directory: dataset.directory,
        trainingFile: join(dataset.directory, 'all.jsonl'),
        validationFile: join(dataset.directory, 'unrealized_examples.jsonl'),
      },
      hyperparameters: { ...setting.training, seed },
      tags: ['reproduce'],
    },
    onEvent: options.onTraining,
  })
  const directory = store.directory(run.id)
  const languageModel = await openModel(
    { id: run.fine_tuned_model!, directory: join(directory, 'model') },
    { device, threads },
  )
  try {
    const evaluation = await runEvaluation({
      ...{
        model: languageModel,
        evaluator: reverseEvaluator,
        plugin: 'reversal',
        toolVersion,
        fresh,
        signal,
      },
      datasetDirectory: dataset.directory,
      directory: store.evaluationsDirectory(run.id),
      runId: run.id,
      onProgress: options.onEvaluation,
    })
    const { summary } = evaluation
    return {
      experiment: 'reverse',
      model: `local/${model}`,
      seed,
      table1: table1(summary),
      paper: PAPER_TABLE_1,
      prompts: promptCounts(summary),
      logprobs: {
        correct: meanLogprob(summary, 'p2d_reverse_prompts_test'),
        incorrect: meanLogprob(summary, 'p2d_reverse_prompts_test_randomized'),
      },
      dataset: { name: dataset.name, directory: dataset.directory, reused: dataset.unchanged },
      run: { id: run.id, directory, reused },
      evaluation: { id: summary.id, directory: evaluation.directory, reused: evaluation.scored === 0 },
      duration_s: (performance.now() - started) / 1000,
    }
  } finally {
    await languageModel.close()
  }
}

function promptCounts({ splits }: EvaluationSummary): ReproduceReverseResult['prompts'] {
  const count = (split: string) => splits.find((entry) => entry.split === split)?.samples ?? 0
  const row = ({ same, reverse }: { same: string; reverse: string }) => ({
    same: count(same),
    reverse: count(reverse),
  })
  return {
    NameToDescription: row(TABLE_1_SPLITS.NameToDescription),
    DescriptionToName: row(TABLE_1_SPLITS.DescriptionToName),
  }
}

function meanLogprob({ splits }: EvaluationSummary, split: string): number | null {
  return splits.find((entry) => entry.split === split)?.metrics.mean_logprob ?? null
}
