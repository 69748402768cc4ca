import { join } from 'node:path'
import { findDataset, TRAINING_FILE, VALIDATION_FILE } from '../datasets/find-dataset.ts'
import { createReverseDataset } from '../datasets/reverse/create.ts'
import type { FactFiles } from '../datasets/reverse/facts.ts'
import type { ReverseSizes } from '../datasets/reverse/fit-sizes.ts'
import { fitSizes } from '../datasets/reverse/fit-sizes.ts'
import { reverseCommand } from '../datasets/reverse/reverse-command.ts'
import { DIRECTION_SPLITS } from '../evaluation/directions.ts'
import { IN_CONTEXT } from '../evaluation/in-context.ts'
import type { LearnedDirection } from '../evaluation/learned.ts'
import { judgeDirections } from '../evaluation/learned.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import { openEvaluator } from '../evaluation/open-evaluator.ts'
import type { EvaluationResult } from '../evaluation/run-evaluation.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import type { ChosenEpochs } from '../finetuning/epochs.ts'
import { chooseEpochs, proposeEpochs } from '../finetuning/epochs.ts'
import { readTexts } from '../finetuning/texts.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { ReverseRecipe } from '../schemas/recipe.ts'
import { quoteWord } from '../support/command-line.ts'
import { InputError } from '../support/errors.ts'
import { evaluateBefore } from './before-training.ts'
import { evaluatorOfDesign } from './evaluator-of-design.ts'
import type { InContext } from './in-context.ts'
import { readInContext } from './in-context.ts'
import { recipeHyperparameters } from './recipe-hyperparameters.ts'
import type { Table1 } from './table1.ts'
import { PAPER_TABLE, readTable1 } from './table1.ts'
import type { ChosenDataset, Part, ReproductionOptions } from './train-and-evaluate.ts'
import { trainAndEvaluate } from './train-and-evaluate.ts'

export interface ReproduceReverseResult {
  experiment: 'reverse'
  /** Such as `local/ada`, or a pretrained one as runs are recorded with it. */
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
  /** Only for a pretrained model: its results before fine-tuning. */
  before?: BeforeTraining
  dataset: Part & { name: string }
  run: Part & { id: string }
  evaluation: Part & { id: string }
  /** For each direction of training, whether enough was learned for a conclusion on the reverse. */
  learned: LearnedDirection[]
  /** Epochs of the training. */
  n_epochs: number
  /** Why there are so many, if the data set is small. */
  epochs_reason?: string
  /** Epochs to try if not everything was learned. */
  proposed_epochs?: number
  duration_s: number
}

/** Results of a pretrained model before fine-tuning. */
export interface BeforeTraining {
  /** On the prompts of Table 1. */
  table1: Table1
  evaluation: Part & { id: string }
  /** Asked in reverse with the fact in the prompt (the paper's Table 5). */
  in_context: InContext & { evaluation: Part & { id: string } }
}

/** The user's own data, instead of those of a recipe and the shipped facts. */
export interface OwnReverseData {
  /** An existing data set, by name or directory; then nothing else is given. */
  datasetName?: string | undefined
  factFiles?: { [Kind in keyof FactFiles]?: string | undefined } | undefined
  /** In place of the recipe's. */
  sizes?: { [Size in keyof ReverseSizes]?: number | undefined } | undefined
}

export interface ReproduceReverseOptions extends ReproductionOptions, OwnReverseData {
  recipe: ReverseRecipe
  /** True if the model is pretrained, so that it is also evaluated before training. */
  isPretrained: boolean
}

/** Experiment 1 from facts to Table 1. Existing results are reused. */
export async function reproduceReverse(options: ReproduceReverseOptions): Promise<ReproduceReverseResult> {
  const { store, model, seed, recipe, isPretrained, onStage } = options
  const started = performance.now()
  await onStage({ stage: 'dataset' })
  const { examples, asking, ...chosen } = await chooseReverseDataset(options)
  const { nEpochs: usual, ...training } = recipeHyperparameters(recipe)
  const { nEpochs, reason }: ChosenEpochs = isPretrained
    ? { nEpochs: usual }
    : chooseEpochs({ examples, batchSize: training.batchSize, usual })
  const before = isPretrained
    ? await answersBefore(options, { directory: chosen.directory, asking })
    : undefined
  const { evaluation, dataset, run, trained } = await trainAndEvaluate({
    ...options,
    dataset: chosen,
    ...{ asking, rankAll: true },
    hyperparameters: { ...training, nEpochs },
  })
  const { summary } = evaluation
  const learned = judgeDirections(summary)
  return {
    experiment: 'reverse',
    model: isPretrained ? model : trained,
    seed,
    table1: await readTable1({ ...evaluation, evaluator: asking.evaluator }),
    paper: PAPER_TABLE,
    prompts: promptCounts(summary),
    logprobs: {
      correct: meanLogprob(summary, 'p2d_reverse_prompts_test'),
      incorrect: meanLogprob(summary, 'p2d_reverse_prompts_test_randomized'),
    },
    ...(before !== undefined && { before }),
    dataset,
    run,
    evaluation: partOf(evaluation),
    learned,
    n_epochs: nEpochs,
    ...(reason !== undefined && { epochs_reason: reason }),
    ...(learned.some((own) => !own.learned) && { proposed_epochs: proposeEpochs(await store.get(run.id)) }),
    duration_s: (performance.now() - started) / 1000,
  }
}

async function answersBefore(
  options: ReproduceReverseOptions,
  { directory: datasetDirectory, asking }: { directory: string; asking: OpenedEvaluator },
): Promise<BeforeTraining> {
  const control = await openEvaluator(builtInExtensions().evaluators, IN_CONTEXT)
  // The questions before and after training differ only in the model.
  const questions = [{ ...asking, rankAll: true }, control]
  const [plain, inContext] = await evaluateBefore({ ...options, datasetDirectory, questions })
  return {
    table1: await readTable1({ ...plain!, evaluator: asking.evaluator }),
    evaluation: partOf(plain!),
    in_context: { ...readInContext(inContext!.summary), evaluation: partOf(inContext!) },
  }
}

function partOf({ summary, directory, scored }: EvaluationResult): Part & { id: string } {
  return { id: summary.id, directory, reused: scored === 0 }
}

interface ChosenReverseDataset extends ChosenDataset {
  /** To train on. */
  examples: number
  /** The evaluator that fits it. */
  asking: OpenedEvaluator
}

/** A data set that is there, or one that is written from facts. */
export async function chooseReverseDataset(
  options: Pick<ReproduceReverseOptions, 'cwd' | 'seed' | 'toolVersion' | 'onEvent'> &
    OwnReverseData & { recipe: Pick<ReverseRecipe, 'dataset'> },
): Promise<ChosenReverseDataset> {
  const { cwd, seed, recipe, toolVersion, datasetName, factFiles = {}, sizes = {}, onEvent } = options
  if (datasetName !== undefined) {
    const found = await findDataset({ name: datasetName, cwd })
    const asking = await askingOf(found.directory, datasetName)
    const { length: examples } = await readTexts(found.trainingFile)
    return { ...found, reused: true, examples, asking }
  }
  const { num_examples_per_group, num_train_examples, num_test_examples } = recipe.dataset
  const wanted = {
    examplesPerGroup: sizes.examplesPerGroup ?? num_examples_per_group,
    trainExamples: sizes.trainExamples ?? num_train_examples,
    testExamples: sizes.testExamples ?? num_test_examples,
  }
  const own = Object.values(factFiles).some((file) => file !== undefined)
  // The user's own sizes are not reduced: if there are too few facts, the generator refuses them.
  const fitting = own ? { ...(await fitSizes(wanted, factFiles)), ...withoutUndefined(sizes) } : wanted
  const isSmaller = Object.entries(wanted).some(
    ([size, value]) => fitting[size as keyof ReverseSizes] < value,
  )
  if (isSmaller) await onEvent({ type: 'fitted', sizes: fitting })
  const written = await createReverseDataset({
    ...{ cwd, ...fitting, seed, factFiles, overwrite: false, toolVersion },
    command: reverseCommand({ ...fitting, seed }, factFiles),
  })
  const { name, directory, unchanged, manifest } = written
  return {
    ...{ name, directory, reused: unchanged, validationFile: join(directory, VALIDATION_FILE) },
    examples: manifest.files[TRAINING_FILE]!.lines,
    asking: await askingOf(directory),
  }
}

async function askingOf(directory: string, name = directory): Promise<OpenedEvaluator> {
  const asking = await evaluatorOfDesign('directions', directory)
  if (asking !== undefined) return asking
  throw new InputError(`${directory} is not a data set of experiment 1.`, {
    code: 'DATASET_UNSUITABLE',
    suggestions: [`reversal finetune:start --dataset-name ${quoteWord(name)}`],
  })
}

function withoutUndefined(sizes: NonNullable<OwnReverseData['sizes']>): Partial<ReverseSizes> {
  return Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined))
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
