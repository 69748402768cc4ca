import { builtInExtensions } from '../extensions/built-in.ts'
import { reportRuns } from '../reporting/report-runs.ts'
import type { WrittenReport } from '../reporting/write-report.ts'
import { InputError, InterruptedError } from '../support/errors.ts'
import { asFolderName } from '../support/folder-name.ts'
import type { Experiment, LoadedRecipe } from './load-recipe.ts'
import { loadRecipe } from './load-recipe.ts'
import { nameModel } from './name-model.ts'
import { recipeHyperparameters } from './recipe-hyperparameters.ts'
import { joinReportName } from './report-name.ts'
import type { ReproduceInstructionsResult } from './reproduce-instructions.ts'
import { reproduceInstructions } from './reproduce-instructions.ts'
import type { OwnReverseData, ReproduceReverseResult } from './reproduce-reverse.ts'
import { reproduceReverse } from './reproduce-reverse.ts'
import type { ReproductionEvent, Stage } from './reproduction-event.ts'
import type { ReproductionOptions } from './train-and-evaluate.ts'

export interface ReproduceOptions
  extends Omit<ReproductionOptions, 'seed' | 'onStage' | 'onEvent'>,
    OwnReverseData {
  experiment: Experiment
  /** The name of a shipped recipe or the path of a file; by default the experiment's own. */
  recipe?: string | undefined
  /** The small recipe of the experiment, in place of `recipe`. */
  quick: boolean
  /** Questions and answers of the user's own, for experiment 3. */
  srcFilename?: string | undefined
  /** One reproduction for each. */
  seeds: readonly number[]
  now?: (() => Date) | undefined
  onEvent?: ((event: ReproductionEvent) => unknown) | undefined
}

export type Reproduction = ReproduceReverseResult | ReproduceInstructionsResult

export interface Reproduced {
  /** In the order of the seeds. */
  results: Reproduction[]
  /** On the runs of all seeds. */
  report: WrittenReport
}

/** Stages of one seed; the report comes after all of them. */
const STAGES = { reverse: 3, instructions: 6 } as const
/** A pretrained model is also evaluated before training. */
const STAGES_BEFORE = 1

/**
 * Runs an experiment of the paper from facts to the report, offline. Existing results are reused. Throws InputError for
 * invalid settings before anything is written, InterruptedError if `signal` aborts.
 */
export async function reproduce(options: ReproduceOptions): Promise<Reproduced> {
  const { cwd, store, experiment, toolVersion, signal, now = () => new Date() } = options
  // The results of a seed count once.
  const seeds = [...new Set(options.seeds)]
  const { model, isPretrained, recipe } = await chooseModel(options)
  const onEvent = async (event: ReproductionEvent) => options.onEvent?.(event)
  const before = isPretrained && experiment === 'reverse' ? STAGES_BEFORE : 0
  const steps = seeds.length * (STAGES[experiment] + before) + 1
  let step = 0
  const announce = (stage: Stage, subject: string[]) =>
    onEvent({ type: 'step', step: ++step, steps, stage, subject: subject.join(', ') })
  try {
    const results: Reproduction[] = []
    for (const seed of seeds) {
      const result = await reproduceSeed(recipe, {
        ...{ ...options, model, isPretrained, seed, onEvent },
        onStage: ({ stage, subject }) =>
          announce(stage, [
            ...(subject === undefined ? [] : [subject]),
            ...(seeds.length > 1 ? [`seed ${seed}`] : []),
          ]),
      })
      results.push(result)
      await onEvent({ type: 'reproduced', result })
    }
    await announce('report', [])
    const ids = [...new Set(results.flatMap(runIdsOf))]
    const { evaluators, providers } = builtInExtensions()
    const report = await reportRuns({
      ...{ store, cwd, toolVersion, signal, evaluators, providers },
      runs: await Promise.all(ids.map((id) => store.get(id))),
      name: reportName(recipe, { ...options, model }),
      now: now(),
    })
    return { results, report }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    throw new InterruptedError('Interrupted: all results so far are kept.', { cause: error })
  }
}

interface ChosenModel {
  /** As runs are recorded with it. */
  model: string
  isPretrained: boolean
  recipe: LoadedRecipe
}

/** The model (a pretrained one is downloaded and checked) and its training settings. */
async function chooseModel(options: ReproduceOptions): Promise<ChosenModel> {
  const { cwd, experiment, quick } = options
  const { model, isPretrained, provider } = await nameModel(options)
  const usual = [experiment, ...(isPretrained ? ['pretrained'] : []), ...(quick ? ['quick'] : [])].join('-')
  if (isPretrained && experiment !== 'reverse' && options.recipe === undefined) {
    throw new InputError(
      `No recipe for the experiment ${experiment} is for pretrained models such as ${options.model}.`,
      {
        code: 'RECIPE_UNSUITABLE',
        suggestions: ['use your own recipe: --recipe FILE.json', 'reproduce experiment 1 with this model'],
      },
    )
  }
  const recipe = await loadRecipe(options.recipe ?? usual, { cwd, experiment })
  // Settings that do not apply to such a model are refused before anything is written.
  provider.hyperparametersOf({
    ...{ model, dataset: { name: '', trainingFile: '' } },
    hyperparameters: { ...recipeHyperparameters(recipe.recipe), seed: 0 },
  })
  return { model, isPretrained, recipe }
}

type SeedOptions = ReproductionOptions &
  OwnReverseData &
  Pick<ReproduceOptions, 'srcFilename'> &
  Pick<ChosenModel, 'isPretrained'>

function reproduceSeed(loaded: LoadedRecipe, options: SeedOptions): Promise<Reproduction> {
  const { recipe } = loaded
  return recipe.experiment === 'reverse'
    ? reproduceReverse({ ...options, recipe })
    : reproduceInstructions({ ...options, recipe: { ...loaded, recipe } })
}

/** The runs behind a result. */
function runIdsOf(result: Reproduction): string[] {
  return result.experiment === 'reverse'
    ? [result.run.id]
    : [result.parts.same.run.id, result.parts.reverse.run.id]
}

/**
 * Such as `reproduce-reverse`, `reproduce-instructions-quick-babbage`. The user's own settings add a hash, so that no
 * other report is replaced.
 */
export function reportName(
  { name, isShipped, recipe: { experiment } }: LoadedRecipe,
  {
    model,
    datasetName,
    factFiles,
    sizes,
    srcFilename,
  }: Pick<ReproduceOptions, 'model' | 'srcFilename'> & OwnReverseData,
): string {
  return joinReportName({
    parts: ['reproduce', ...(isShipped ? [name] : [experiment, asFolderName(name)])],
    own: { ...factFiles, ...sizes, srcFilename },
    ...{ datasetName, model },
  })
}
