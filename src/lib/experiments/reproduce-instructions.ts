import { join } from 'node:path'
import { VALIDATION_FILE } from '../datasets/find-dataset.ts'
import { createInstructionDataset } from '../datasets/instructions/create.ts'
import { readInstructionFacts } from '../datasets/instructions/facts.ts'
import type { Order } from '../datasets/instructions/phrasings.ts'
import type { Learned } from '../evaluation/learned.ts'
import { judgeLearned } from '../evaluation/learned.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { InstructionsRecipe } from '../schemas/recipe.ts'
import { commandLine } from '../support/command-line.ts'
import { sha256 } from '../support/files.ts'
import { accuracyOf } from './accuracy-of.ts'
import { evaluatorOfDesign } from './evaluator-of-design.ts'
import type { LoadedRecipe } from './load-recipe.ts'
import { recipeHyperparameters } from './recipe-hyperparameters.ts'
import type { Part, ReproductionOptions } from './train-and-evaluate.ts'
import { trainAndEvaluate } from './train-and-evaluate.ts'

/** Shares of right answers, 0 to 1, for each order of the guidances. */
export type ByOrder = Record<Order, number>

export interface ReproduceInstructionsResult {
  experiment: 'instructions'
  /** Such as `local/ada`. */
  model: string
  seed: number
  /** Answers to questions whose example was trained too. */
  realized: ByOrder
  /** Answers to questions of which only the guidance was trained: the subject of the experiment. */
  unrealized: ByOrder
  /** The paper's for unrealized ones: a lower and an upper bound (section 2.3: over 80 %, below 7 %). */
  paper: { unrealized: ByOrder }
  /** Questions behind each share. */
  prompts: { realized: number; unrealized: number }
  /** Mean log-probability of the right answers to unrealized questions, in nats. */
  logprobs: Record<Order, number | null>
  parts: Record<Order, { dataset: Part & { name: string }; run: Part & { id: string }; evaluation: Part }>
  /** Whether the guidances in the same order were learned well enough to conclude anything about the other order. */
  learned: Learned
  duration_s: number
}

const PAPER = { unrealized: { same: 0.8, reverse: 0.07 } }

export interface ReproduceInstructionsOptions extends ReproductionOptions {
  recipe: LoadedRecipe<InstructionsRecipe>
  /** Questions and answers of the user's own: a path or the name of a shipped file. */
  srcFilename?: string | undefined
}

/** Experiment 3 in both orders, with the same pairs. Existing results are reused. */
export async function reproduceInstructions(
  options: ReproduceInstructionsOptions,
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
    model: same.trained,
    seed: options.seed,
    realized: byOrder((summary) => accuracyOf(summary, 'realized_examples')),
    unrealized: byOrder((summary) => accuracyOf(summary, 'unrealized_examples')),
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

async function reproduceOrder(order: Order, options: ReproduceInstructionsOptions) {
  const { cwd, seed, srcFilename, toolVersion, onStage } = options
  const { recipe } = options.recipe
  const subject = `${order} order`
  await onStage({ stage: 'dataset', subject })
  const size = recipe.dataset
  const [fewest, most] = size.guidance_size_range as [number, number]
  const suffix = [order, `seed${seed}`, ...(await markOf(options))].join('_')
  const subdir = 'instructions'
  const { name, directory, unchanged } = await createInstructionDataset({
    ...{ cwd, order, srcFilename, seed, toolVersion },
    realizedGuidanceSize: size.realized_guidance_size,
    unrealizedGuidanceSize: size.unrealized_guidance_size,
    guidanceSizeRange: [fewest, most],
    upsampleExamplesFactor: size.upsample_examples_factor,
    upsampleGuidancesFactor: size.upsample_guidances_factor,
    ...{
      unrealizedGuidancePhrasings: 0,
      personaIdx: 0,
      incorrectLabels: false,
      splitPromptCompletion: false,
    },
    suffix,
    ...{ subdir, overwrite: false },
    command: commandLine('instructions:create', {
      flags: {
        task: 'copypaste',
        'realized-guidance-size': size.realized_guidance_size,
        'unrealized-guidance-size': size.unrealized_guidance_size,
        'guidance-size-range': `${fewest},${most}`,
        'n-unrealized-guidance-phrasings': 0,
        'upsample-examples-factor': size.upsample_examples_factor,
        'upsample-guidances-factor': size.upsample_guidances_factor,
        'persona-idx': 0,
        ...{ order, seed, suffix, subdir, 'src-filename': srcFilename },
      },
    }),
  })
  const asking = await evaluatorOfDesign('orders', directory)
  if (asking === undefined) throw new Error(`No evaluator can read ${directory}, which was just written.`)
  return trainAndEvaluate({
    ...{ ...options, subject },
    dataset: { name, directory, reused: unchanged, validationFile: join(directory, VALIDATION_FILE) },
    asking,
    hyperparameters: recipeHyperparameters(recipe),
  })
}

/** Distinguishes a data set of the user's own facts from that of a shipped recipe with the same name. */
async function markOf({ cwd, recipe, srcFilename }: ReproduceInstructionsOptions): Promise<string[]> {
  if (recipe.isShipped && srcFilename === undefined) return []
  const { sources } = await readInstructionFacts({ cwd, srcFilename })
  return [sha256(JSON.stringify([recipe.recipe.dataset, sources.pairs?.sha256])).slice(0, 6)]
}

function metricOf({ splits }: EvaluationSummary, split: string, metric: string): number | null {
  return splits.find((entry) => entry.split === split)?.metrics[metric] ?? null
}

function samplesOf({ splits }: EvaluationSummary, split: string): number {
  return splits.find((entry) => entry.split === split)?.samples ?? 0
}
