import { basename } from 'node:path'
import type { DatasetKind } from '../datasets/dataset-kind.ts'
import type { Transform } from '../datasets/transforms/transform.ts'
import { transformDataset } from '../datasets/transforms/transform-dataset.ts'
import { reverseEvaluator } from '../evaluation/reverse-evaluator.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { chooseEpochs } from '../finetuning/epochs.ts'
import type { Row } from '../reporting/report.ts'
import { reportRuns } from '../reporting/report-runs.ts'
import type { Arm, CuresDesign } from '../reporting/sections/cures.ts'
import type { WrittenReport } from '../reporting/write-report.ts'
import type { ArmRecipe, CuresRecipe } from '../schemas/recipe.ts'
import { commandLine } from '../support/command-line.ts'
import { InputError, InterruptedError } from '../support/errors.ts'
import { sha256 } from '../support/files.ts'
import { nearest } from '../support/nearest.ts'
import type { Registry } from '../support/registry.ts'
import type { LoadedRecipe } from './load-recipe.ts'
import { loadRecipe } from './load-recipe.ts'
import { recipeHyperparameters } from './recipe-hyperparameters.ts'
import type { OwnReverseData } from './reproduce-reverse.ts'
import { chooseReverseDataset } from './reproduce-reverse.ts'
import type { ReproductionEvent, Tell } from './reproduction-event.ts'
import type { Table1 } from './table1.ts'
import { readTable1 } from './table1.ts'
import type { ChosenDataset, Part, ReproductionOptions } from './train-and-evaluate.ts'
import { trainAndEvaluate } from './train-and-evaluate.ts'

/** What the comparison tells while it goes on. */
export type CuresEvent =
  | Exclude<ReproductionEvent, { type: 'reproduced' }>
  /** One arm with one seed is done. */
  | { type: 'arm'; result: ArmResult }

export interface ReproduceCuresOptions
  extends Omit<ReproductionOptions, 'seed' | 'onStage' | 'onEvent'>,
    OwnReverseData {
  /** The name of a shipped recipe or the path of a file. */
  recipe: string
  /** Names of the arms to run, beside the first one; all where none are given. */
  arms?: readonly string[] | undefined
  /** Those of the recipe where none are given. */
  seeds?: readonly number[] | undefined
  /** What every arm has as much of as the first one. */
  matched: CuresDesign['matched']
  /** Those of plugins, too. */
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
}

export interface CuresResult {
  matched: CuresDesign['matched']
  /** In the order of seeds, then of arms. */
  results: ArmResult[]
  /** Two for each arm, over all seeds: the table of the report. */
  rows: Row[]
  report: WrittenReport
}

/**
 * What lifts the curse: every arm of a recipe trains on the same facts and is tested on the same prompts, with as many
 * tokens or epochs as the first arm. What is there already, from an earlier time or another command, is used again.
 * Throws InputError for what does not fit before anything is written, InterruptedError where `signal` aborts.
 */
export async function reproduceCures(options: ReproduceCuresOptions): Promise<CuresResult> {
  const { cwd, store, toolVersion, signal, matched, now = () => new Date() } = options
  const loaded = await loadRecipe(options.recipe, { cwd, experiment: 'cures' })
  const arms = chooseArms(loaded.recipe.arms, options)
  const seeds = options.seeds ?? loaded.recipe.seeds
  const onEvent: Tell<CuresEvent> = async (event) => options.onEvent?.(event)
  // A step for the facts of a seed, one for each training and each evaluation, and the report.
  const steps = seeds.length * (1 + 2 * arms.length) + 1
  let step = 0
  const onStep = (stage: Extract<CuresEvent, { type: 'step' }>['stage'], subject: string) =>
    onEvent({ type: 'step', step: ++step, steps, stage, subject })
  try {
    const results: ArmResult[] = []
    const told = new Map<string, Set<string>>()
    for (const seed of seeds) {
      for await (const { result, toldFacts } of runSeed(loaded.recipe, arms, {
        ...options,
        seed,
        onStep,
        onEvent,
      })) {
        results.push(result)
        const own = told.get(result.arm) ?? new Set()
        for (const fact of toldFacts) own.add(`${seed} ${fact}`)
        told.set(result.arm, own)
        await onEvent({ type: 'arm', result })
      }
    }
    await onStep('report', '')
    const design: CuresDesign = {
      matched,
      arms: arms.map(
        ({ name, summary, paper }): Arm => ({
          ...{ name, summary, paper, told: told.get(name) },
          runs: results.filter(({ arm }) => arm === name).map(({ run }) => run.id),
        }),
      ),
    }
    const ids = [...new Set(results.map(({ run }) => run.id))]
    const report = await reportRuns({
      ...{ store, cwd, toolVersion, signal, providers: builtInExtensions().providers },
      runs: await Promise.all(ids.map((id) => store.get(id))),
      cures: design,
      name: curesReportName(loaded, options),
      now: now(),
    })
    const table = report.report.sections.flatMap(({ tables }) => tables).find(({ name }) => name === 'cures')
    return { matched, results, rows: table?.rows ?? [], report }
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    throw new InterruptedError('Interrupted: what was made is kept.', { cause: error })
  }
}

/** The first arm and those asked for, in the order of the recipe; every transform of them is there. */
function chooseArms(
  arms: readonly ArmRecipe[],
  { arms: asked, transforms }: Pick<ReproduceCuresOptions, 'arms' | 'transforms'>,
): ArmRecipe[] {
  const names = arms.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) {
    throw new InputError(`The recipe has two arms of the name ${twice}.`, { code: 'BAD_RECIPE' })
  }
  const unknown = asked?.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const [guess] = nearest(unknown, names)
    const hint = guess === undefined ? `They are ${names.join(', ')}.` : `Did you mean ${guess}?`
    throw new InputError(`There is no arm ${unknown}. ${hint}`, { code: 'ARM_UNKNOWN' })
  }
  const chosen = arms.filter(({ name }, index) => index === 0 || asked === undefined || asked.includes(name))
  for (const arm of chosen) for (const { name } of arm.transforms ?? []) transforms.get(name)
  return chosen
}

type SeedOptions = Omit<ReproduceCuresOptions, 'onEvent' | 'recipe' | 'arms'> & {
  seed: number
  onStep: (stage: 'dataset' | 'training' | 'evaluation', subject: string) => unknown
  onEvent: Tell<CuresEvent>
}

async function* runSeed(
  recipe: CuresRecipe,
  arms: readonly ArmRecipe[],
  options: SeedOptions,
): AsyncGenerator<{ result: ArmResult; toldFacts: readonly string[] }> {
  const { seed, store, matched, onStep } = options
  const onEvent: Tell<ReproductionEvent> = (event) =>
    event.type === 'reproduced' ? undefined : options.onEvent(event)
  await onStep('dataset', `seed ${seed}`)
  const { examples, ...base } = await chooseReverseDataset({ ...options, recipe, onEvent })
  const { nEpochs: usual, ...training } = recipeHyperparameters(recipe)
  const { nEpochs } = chooseEpochs({ examples, batchSize: training.batchSize, usual })
  let tokens: number | undefined
  for (const arm of arms) {
    const { dataset, toldFacts } = await armDataset(base, arm, options)
    const { evaluation, run, ...made } = await trainAndEvaluate({
      ...options,
      dataset,
      ...(arm !== arms[0] && { label: arm.name }),
      subject: `${arm.name}, seed ${seed}`,
      ...{ evaluator: reverseEvaluator, rankAll: true },
      hyperparameters: {
        ...training,
        nEpochs,
        ...(arm.objective !== undefined && { objective: arm.objective }),
        ...(matched === 'tokens' && tokens !== undefined && { tokenBudget: tokens }),
      },
      onStage: ({ stage, subject = '' }) => (stage === 'report' ? undefined : onStep(stage, subject)),
      onEvent,
    })
    const { trained_tokens: trained } = await store.get(run.id)
    tokens ??= trained
    yield {
      result: {
        ...{ arm: arm.name, seed, table1: await readTable1(evaluation), dataset: made.dataset, run },
        evaluation: {
          ...{ id: evaluation.summary.id, directory: evaluation.directory },
          reused: evaluation.scored === 0,
        },
        trained_tokens: trained ?? null,
      },
      toldFacts,
    }
  }
}

/** The facts as an arm tells them. */
async function armDataset(
  base: ChosenDataset,
  { name, transforms = [] }: ArmRecipe,
  { cwd, seed, transforms: registry, kinds, toolVersion }: SeedOptions,
): Promise<{ dataset: ChosenDataset; toldFacts: readonly string[] }> {
  if (transforms.length === 0) return { dataset: base, toldFacts: [] }
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
  return {
    dataset: { ...base, name: written.name, directory: written.directory, reused: written.unchanged },
    toldFacts: (written.manifest.told ?? []).map((fact) => fact.name),
  }
}

/** Such as `cures`, `cures-quick`, `cures-epochs`; what is the user's own gives a name of its own. */
export function curesReportName(
  { name, isShipped }: Pick<LoadedRecipe, 'name' | 'isShipped'>,
  options: Pick<ReproduceCuresOptions, 'model' | 'matched' | 'arms' | 'seeds'> & OwnReverseData,
): string {
  const { datasetName, factFiles, sizes, arms, seeds } = options
  const own = Object.entries({ ...factFiles, ...sizes, arms, seeds }).filter(
    ([, value]) => value !== undefined,
  )
  return [
    ...(isShipped ? [name] : ['cures', plain(name)]),
    ...(options.matched === 'tokens' ? [] : [options.matched]),
    ...(datasetName === undefined ? [] : [plain(basename(datasetName))]),
    ...(own.length === 0 ? [] : [`own-${sha256(JSON.stringify(own)).slice(0, 6)}`]),
    ...(options.model === 'ada' ? [] : [plain(basename(options.model))]),
  ].join('-')
}

function plain(name: string): string {
  return name.replaceAll(/[^\w.,@+=-]+/g, '_')
}
