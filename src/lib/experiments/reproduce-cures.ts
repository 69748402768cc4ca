import { basename, join } from 'node:path'
import type { DatasetKind } from '../datasets/dataset-kind.ts'
import { VALIDATION_FILE } from '../datasets/find-dataset.ts'
import { createRelationDataset } from '../datasets/relations/create.ts'
import type { RelationName } from '../datasets/relations/read-relations.ts'
import { RELATIONS } from '../datasets/relations/read-relations.ts'
import { readToldFacts } from '../datasets/transforms/told-facts.ts'
import type { Transform } from '../datasets/transforms/transform.ts'
import { transformDataset } from '../datasets/transforms/transform-dataset.ts'
import type { Objective } from '../engine/objectives.ts'
import { OBJECTIVES } from '../engine/objectives.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import { openEvaluator } from '../evaluation/open-evaluator.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { chooseEpochs } from '../finetuning/epochs.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { Row } from '../reporting/report.ts'
import { reportRuns } from '../reporting/report-runs.ts'
import type { Arm, CuresDesign } from '../reporting/sections/cures.ts'
import type { WrittenReport } from '../reporting/write-report.ts'
import type { ArmRecipe, CuresRecipe } from '../schemas/cures-recipe.ts'
import { commandLine } from '../support/command-line.ts'
import { InputError, InterruptedError } from '../support/errors.ts'
import { sha256 } from '../support/files.ts'
import { asFolderName } from '../support/folder-name.ts'
import { suggestName } from '../support/nearest.ts'
import type { Registry } from '../support/registry.ts'
import type { LoadedRecipe } from './load-recipe.ts'
import { loadRecipe } from './load-recipe.ts'
import { nameModel } from './name-model.ts'
import { recipeHyperparameters } from './recipe-hyperparameters.ts'
import { joinReportName } from './report-name.ts'
import type { OwnReverseData } from './reproduce-reverse.ts'
import { chooseReverseDataset } from './reproduce-reverse.ts'
import type { ReproductionEvent, Stage, Tell } from './reproduction-event.ts'
import type { Table1 } from './table1.ts'
import { readTable1 } from './table1.ts'
import type { ChosenDataset, Part, ReproductionOptions, TrainedAndEvaluated } from './train-and-evaluate.ts'
import { trainAndEvaluate } from './train-and-evaluate.ts'

/** The evaluator for relations reversed wrongly. */
const TURNING = 'wrong-symmetry'

/** Events of the comparison. */
export type CuresEvent =
  | Exclude<ReproductionEvent, { type: 'reproduced' }>
  /** One arm with one seed is done. */
  | { type: 'arm'; result: ArmResult }

export interface ReproduceCuresOptions
  extends Omit<ReproductionOptions, 'seed' | 'onStage' | 'onEvent'>,
    OwnReverseData {
  /** The name of a shipped recipe or the path of a file; by default the one for the model. */
  recipe?: string | undefined
  /** The small recipe, in place of `recipe`. */
  quick: boolean
  /** Names of the arms to run in addition to the first one; all by default. */
  arms?: readonly string[] | undefined
  /** By default those of the recipe. */
  seeds?: readonly number[] | undefined
  /** What is equal in all arms. */
  matched: CuresDesign['matched']
  /** All transforms, including those of plugins. */
  transforms: Registry<Transform>
  kinds: Registry<DatasetKind>
  now?: (() => Date) | undefined
  onEvent?: Tell<CuresEvent> | undefined
}

/** One arm with one seed. */
export interface ArmResult {
  arm: string
  seed: number
  /** Shares of right completions on held-out prompts, 0 to 1. */
  table1: Table1
  dataset: Part & { name: string }
  run: Part & { id: string }
  evaluation: Part & { id: string }
  trained_tokens: number | null
  /** The same way to train on relations, and whether it makes the model turn them round wrongly. */
  relations?: { run: Part & { id: string }; evaluation: Part & { id: string } }
}

export interface CuresResult {
  matched: CuresDesign['matched']
  /** In the order of seeds, then of arms. */
  results: ArmResult[]
  /** Two for each arm, over all seeds: the table of the report. */
  rows: readonly Row[]
  report: WrittenReport
}

/**
 * Compares cures for the Reversal Curse: every arm of a recipe trains on the same facts and is tested on the same
 * prompts, with as many tokens or epochs as the first arm. Results of earlier runs or other commands are reused. Throws
 * InputError for invalid settings before anything is written, InterruptedError if `signal` aborts.
 */
export async function reproduceCures(options: ReproduceCuresOptions): Promise<CuresResult> {
  const { cwd, store, toolVersion, signal, matched, now = () => new Date() } = options
  const { model, isPretrained } = await nameModel(options)
  const usual = ['cures', ...(isPretrained ? ['pretrained'] : options.quick ? ['quick'] : [])].join('-')
  const loaded = await loadRecipe(options.recipe ?? usual, { cwd, experiment: 'cures' })
  const { recipe } = loaded
  const arms = chooseArms(recipe, options)
  const seeds = [...new Set(options.seeds ?? recipe.seeds)]
  const onEvent: Tell<CuresEvent> = async (event) => options.onEvent?.(event)
  // A step for the facts of a seed, one for each training and each evaluation, and the report.
  const trainings = arms.length * (recipe.relations === undefined ? 1 : 2)
  const steps = seeds.length * (1 + 2 * trainings) + 1
  let step = 0
  const onStep = (stage: Stage, subject: string) =>
    onEvent({ type: 'step', step: ++step, steps, stage, subject })
  try {
    const results: ArmResult[] = []
    const told = new Map<string, number>()
    for (const seed of seeds) {
      const own = { ...options, model, isPretrained, seed, onStep, onEvent }
      for await (const { result, facts } of runSeed(recipe, arms, own)) {
        results.push(result)
        told.set(result.arm, (told.get(result.arm) ?? 0) + facts)
        await onEvent({ type: 'arm', result })
      }
    }
    await onStep('report', '')
    const design: CuresDesign = {
      matched,
      arms: arms.map(({ name, summary, paper }): Arm => {
        const own = results.filter(({ arm }) => arm === name)
        return {
          ...{ name, summary, paper, told: told.get(name) ?? 0 },
          runs: own.map(({ run }) => run.id),
          turned: own.flatMap(({ relations }) =>
            relations === undefined ? [] : [{ run: relations.run.id, evaluation: relations.evaluation.id }],
          ),
        }
      }),
    }
    const ids = [
      ...new Set(design.arms.flatMap(({ runs, turned }) => [...runs, ...turned.map(({ run }) => run)])),
    ]
    const { evaluators, providers } = builtInExtensions()
    const report = await reportRuns({
      ...{ store, cwd, toolVersion, signal, evaluators, providers },
      runs: await Promise.all(ids.map((id) => store.get(id))),
      cures: design,
      name: curesReportName(loaded, { ...options, model }),
      now: now(),
    })
    const table = report.report.sections.flatMap(({ tables }) => tables).find(({ name }) => name === 'cures')
    return { matched, results, rows: table?.rows ?? [], report }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    throw new InterruptedError('Interrupted: all results so far are kept.', { cause: error })
  }
}

/** The first arm and those asked for, in the order of the recipe, all that they need being there. */
function chooseArms(
  { arms, relations }: CuresRecipe,
  { arms: asked, transforms, elsewhere }: Pick<ReproduceCuresOptions, 'arms' | 'transforms' | 'elsewhere'>,
): ArmRecipe[] {
  const names = arms.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw badRecipe(`has two arms with the name ${twice}`)
  const unknown = asked?.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const hint = suggestName(unknown, names)
    throw new InputError(`There is no arm ${unknown}. ${hint}`, { code: 'ARM_UNKNOWN' })
  }
  const chosen = arms.filter(({ name }, index) => index === 0 || asked === undefined || asked.includes(name))
  for (const arm of chosen) {
    for (const { name } of arm.transforms ?? []) transforms.get(name)
    if (objectiveOf(arm) !== undefined && elsewhere !== undefined) {
      const message = `${elsewhere.provider.name} trains to predict the next token, and the arm ${arm.name} has another objective`
      throw new InputError(`${message}.`, {
        code: 'OBJECTIVE_UNSUPPORTED',
        suggestions: ['name the arms to compare: --arms'],
      })
    }
  }
  const strange = relations?.relations.find((name) => !RELATIONS.some((own) => own === name))
  if (strange !== undefined) {
    throw badRecipe(`names the relation ${strange}, but the relations are ${RELATIONS.join(', ')}`)
  }
  return chosen
}

function objectiveOf({ name, objective }: ArmRecipe): Objective | undefined {
  if (objective === undefined) return undefined
  const known = OBJECTIVES.find((own) => own === objective)
  if (known !== undefined) return known
  throw badRecipe(
    `has an arm ${name} of the objective ${objective}, but the objectives are ${OBJECTIVES.join(', ')}`,
  )
}

function badRecipe(flaw: string): InputError {
  return new InputError(`The recipe ${flaw}.`, { code: 'BAD_RECIPE' })
}

interface SeedOptions extends Omit<ReproduceCuresOptions, 'onEvent' | 'recipe' | 'arms'> {
  isPretrained: boolean
  seed: number
  onStep: (stage: Stage, subject: string) => unknown
  onEvent: Tell<CuresEvent>
}

async function* runSeed(
  recipe: CuresRecipe,
  arms: readonly ArmRecipe[],
  options: SeedOptions,
): AsyncGenerator<{ result: ArmResult /** Told in both orders. */; facts: number }> {
  const { seed, store, onStep } = options
  const onEvent: Tell<ReproductionEvent> = (event) =>
    event.type === 'reproduced' ? undefined : options.onEvent(event)
  await onStep('dataset', `seed ${seed}`)
  const { examples, asking, ...base } = await chooseReverseDataset({ ...options, recipe, onEvent })
  const main = comparison({ ...options, recipe, examples, asking, base, onEvent })
  const relations = recipe.relations && (await compareOnRelations(recipe, { ...options, onEvent }))
  for (const arm of arms) {
    const { evaluation, run, dataset } = await main(arm, arm.name)
    const turned = await relations?.(arm, `${arm.name}, relations`)
    yield {
      result: {
        ...{ arm: arm.name, seed, dataset, run },
        table1: await readTable1({ ...evaluation, evaluator: asking.evaluator }),
        evaluation: partOf(evaluation),
        trained_tokens: (await store.get(run.id)).trained_tokens ?? null,
        ...(turned && { relations: { run: turned.run, evaluation: partOf(turned.evaluation) } }),
      },
      facts: (await readToldFacts(dataset.directory)).length,
    }
  }
}

function partOf({ summary, directory, scored }: TrainedAndEvaluated['evaluation']): Part & { id: string } {
  return { id: summary.id, directory, reused: scored === 0 }
}

interface ComparisonOptions extends Omit<SeedOptions, 'onEvent'> {
  recipe: CuresRecipe
  base: ChosenDataset
  examples: number
  asking: OpenedEvaluator
  onEvent: Tell<ReproductionEvent>
}

/** Trains and evaluates one arm after another on the same facts; the first one sets how many tokens the others get. */
function comparison(options: ComparisonOptions) {
  const { recipe, examples, asking, seed, store, matched, isPretrained, onStep } = options
  const { nEpochs: usual, ...training } = recipeHyperparameters(recipe)
  const { nEpochs } = isPretrained
    ? { nEpochs: usual }
    : chooseEpochs({ examples, batchSize: training.batchSize, usual })
  const [first] = recipe.arms
  let budget: Pick<FineTuneRequest['hyperparameters'], 'tokenBudget'> = {}
  return async (arm: ArmRecipe, subject: string): Promise<TrainedAndEvaluated> => {
    const objective = objectiveOf(arm)
    const done = await trainAndEvaluate({
      ...options,
      dataset: await armDataset(arm, options),
      ...(arm !== first && { label: arm.name }),
      subject: `${subject}, seed ${seed}`,
      ...{ asking, rankAll: asking.evaluator.canRankAll === true },
      hyperparameters: { ...training, nEpochs, ...(objective && { objective }), ...budget },
      onStage: ({ stage, subject: told = '' }) => onStep(stage, told),
    })
    const { trained_tokens: tokens } = await store.get(done.run.id)
    if (arm === first && matched === 'tokens' && tokens !== undefined) budget = { tokenBudget: tokens }
    return done
  }
}

async function compareOnRelations(
  recipe: CuresRecipe,
  options: Omit<SeedOptions, 'onEvent'> & { onEvent: Tell<ReproductionEvent> },
) {
  const { relations, num_examples_per_group, num_train_examples, num_test_examples } = recipe.relations!
  const { cwd, seed, toolVersion } = options
  const names = RELATIONS.filter((name: RelationName) => relations.includes(name))
  const sizes = {
    'num-examples-per-group': num_examples_per_group,
    'num-train-examples': num_train_examples,
    'num-test-examples': num_test_examples,
  }
  const { name, directory, unchanged, manifest } = await createRelationDataset({
    ...{ cwd, seed, toolVersion, relations: names, twoHop: false, overwrite: false },
    examplesPerGroup: num_examples_per_group,
    trainExamples: num_train_examples,
    testExamples: num_test_examples,
    command: commandLine('dataset:relations', {
      flags: { relation: names, ...sizes, 'no-two-hop': true, seed },
    }),
  })
  return comparison({
    ...options,
    recipe,
    base: { ...{ name, directory, reused: unchanged }, validationFile: join(directory, VALIDATION_FILE) },
    examples: manifest.files['all.jsonl']!.lines,
    asking: await openEvaluator(builtInExtensions().evaluators, TURNING),
  })
}

/** Writes the data set of an arm. */
async function armDataset(
  { name, transforms = [] }: ArmRecipe,
  { base, cwd, seed, transforms: registry, kinds, toolVersion }: ComparisonOptions,
): Promise<ChosenDataset> {
  if (transforms.length === 0) return base
  const options = transforms.flatMap(({ options: own = {} }) =>
    Object.entries(own).map(([key, value]) => `${key}=${value}`),
  )
  const names = transforms.map((own) => own.name)
  // The name changes with the settings, so that a changed recipe does not meet the data of the one before.
  const hash = sha256(JSON.stringify([names, options, seed])).slice(0, 6)
  const datasetName = `${basename(base.directory)}-${name}-${hash}`
  const written = await transformDataset({
    ...{ cwd, source: base.directory, transforms: names, options, seed, datasetName, kinds, registry },
    overwrite: false,
    command: commandLine('dataset:transform', {
      args: [base.name],
      flags: { transform: names.join(','), option: options, seed, 'dataset-name': datasetName },
    }),
    toolVersion,
  })
  return { ...base, name: written.name, directory: written.directory, reused: written.unchanged }
}

/** Such as `cures`, `cures-quick`, `cures-epochs`; the user's own settings add a hash. */
function curesReportName(
  { name, isShipped }: Pick<LoadedRecipe, 'name' | 'isShipped'>,
  options: Pick<ReproduceCuresOptions, 'model' | 'matched' | 'arms' | 'seeds' | 'elsewhere'> & OwnReverseData,
): string {
  const { model, datasetName, factFiles, sizes, arms, seeds } = options
  return joinReportName({
    parts: [
      ...(isShipped ? [name] : ['cures', asFolderName(name)]),
      ...(options.matched === 'tokens' ? [] : [options.matched]),
      ...(options.elsewhere === undefined ? [] : [options.elsewhere.provider.name]),
    ],
    own: { ...factFiles, ...sizes, arms, seeds },
    ...{ datasetName, model },
  })
}
