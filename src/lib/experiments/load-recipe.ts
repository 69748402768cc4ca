import { readdir } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { shippedFile } from '../datasets/shipped.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { Recipe } from '../schemas/recipe.ts'
import { curesRecipeSchema, instructionsRecipeSchema, reverseRecipeSchema } from '../schemas/recipe.ts'
import { InputError } from '../support/errors.ts'
import { nearest } from '../support/nearest.ts'
import { readRecord } from '../support/record.ts'

/** What has recipes: the experiments of the paper that run offline, and the comparison of cures. */
export const EXPERIMENTS = ['reverse', 'instructions', 'cures'] as const
export type Experiment = (typeof EXPERIMENTS)[number]
export type PaperExperiment = Exclude<Experiment, 'cures'>

/** A recipe and what it is called: a shipped one by its name, a user's own by its file's. */
export interface LoadedRecipe<Own extends Recipe = Recipe> {
  name: string
  isShipped: boolean
  recipe: Own
}

const FOLDER = 'recipes/'
const checks = {
  reverse: schemaCheck(reverseRecipeSchema),
  instructions: schemaCheck(instructionsRecipeSchema),
  cures: schemaCheck(curesRecipeSchema),
}

/**
 * The recipe of a file (a path that has a slash or ends in `.json`) or of a shipped name. Throws InputError
 * FILE_NOT_FOUND, RECIPE_UNKNOWN, BAD_RECIPE, or RECIPE_UNSUITABLE where it is for another experiment than `experiment`.
 */
export async function loadRecipe<Kind extends Experiment>(
  reference: string,
  { cwd, experiment }: { cwd: string; experiment: Kind },
): Promise<LoadedRecipe<Extract<Recipe, { experiment: Kind }>>> {
  const isFile = /[\\/]|\.json$/.test(reference)
  const path = isFile ? resolve(cwd, reference) : shippedFile(`${FOLDER}${reference}.json`)
  const recipe = await readRecord<Recipe>(path, check, 'BAD_RECIPE')
  if (recipe === undefined) throw await notFound(reference, isFile)
  if (recipe.experiment !== experiment) {
    throw new InputError(
      `The recipe ${reference} is for the experiment ${recipe.experiment}, not for ${experiment}.`,
      {
        code: 'RECIPE_UNSUITABLE',
        suggestions: [`reversal reproduce:${recipe.experiment} --recipe ${reference}`],
      },
    )
  }
  return {
    name: basename(path, '.json'),
    isShipped: !isFile,
    recipe: recipe as Extract<Recipe, { experiment: Kind }>,
  }
}

/** The names of the recipes that ship with the tool, sorted. */
export async function shippedRecipes(): Promise<string[]> {
  const files = await readdir(shippedFile(FOLDER))
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .toSorted()
}

function check(value: unknown): string | undefined {
  const { experiment } = (value ?? {}) as { experiment?: unknown }
  const own = EXPERIMENTS.find((name) => name === experiment)
  return own === undefined ? `"experiment" must be ${EXPERIMENTS.join(' or ')}` : checks[own](value)
}

async function notFound(reference: string, isFile: boolean): Promise<InputError> {
  if (isFile) return new InputError(`There is no file ${reference}.`, { code: 'FILE_NOT_FOUND' })
  const names = await shippedRecipes()
  const [guess] = nearest(reference, names)
  const hint = guess === undefined ? `They are ${names.join(', ')}.` : `Did you mean ${guess}?`
  return new InputError(`There is no recipe ${reference}. ${hint}`, {
    code: 'RECIPE_UNKNOWN',
    suggestions: ['name a file of your own with its path: --recipe ./my-recipe.json'],
  })
}
