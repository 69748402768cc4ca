import { readdir } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { shippedFile } from '../datasets/shipped.ts'
import type { CelebritiesRecipe } from '../schemas/celebrities-recipe.ts'
import { celebritiesRecipeSchema } from '../schemas/celebrities-recipe.ts'
import { schemaCheck } from '../schemas/compile.ts'
import type { CuresRecipe } from '../schemas/cures-recipe.ts'
import { curesRecipeSchema } from '../schemas/cures-recipe.ts'
import type { Recipe } from '../schemas/recipe.ts'
import { instructionsRecipeSchema, reverseRecipeSchema } from '../schemas/recipe.ts'
import type { SweepRecipe } from '../schemas/sweep-recipe.ts'
import { sweepRecipeSchema } from '../schemas/sweep-recipe.ts'
import { quoteWord } from '../support/command-line.ts'
import { InputError } from '../support/errors.ts'
import { suggestName } from '../support/nearest.ts'
import { readRecord } from '../support/record.ts'

/** The experiments of the paper that run offline. */
const EXPERIMENTS = ['reverse', 'instructions'] as const
export type Experiment = (typeof EXPERIMENTS)[number]

/** Whatever has a recipe: reproductions, and sweeps. */
type AnyRecipe = Recipe | CelebritiesRecipe | CuresRecipe | SweepRecipe
export type RecipeKind = AnyRecipe['experiment']

/** A recipe and its name: that of a shipped one, or of the user's file. */
export interface LoadedRecipe<Own extends AnyRecipe = Recipe> {
  name: string
  isShipped: boolean
  recipe: Own
}

const FOLDER = 'recipes/'
const checks = {
  reverse: schemaCheck(reverseRecipeSchema),
  instructions: schemaCheck(instructionsRecipeSchema),
  celebrities: schemaCheck(celebritiesRecipeSchema),
  cures: schemaCheck(curesRecipeSchema),
  sweep: schemaCheck(sweepRecipeSchema),
} satisfies Record<RecipeKind, unknown>

/** The command that follows a recipe of a kind. */
const COMMANDS: Readonly<Record<RecipeKind, string>> = {
  reverse: 'reproduce:reverse',
  instructions: 'reproduce:instructions',
  celebrities: 'reproduce:celebrities',
  cures: 'reproduce:cures',
  sweep: 'finetune:sweep',
}

/**
 * The recipe in a file (a path with a slash or the ending `.json`) or of a shipped name. Throws InputError
 * FILE_NOT_FOUND, RECIPE_UNKNOWN, BAD_RECIPE, or RECIPE_UNSUITABLE if it is for another experiment than `experiment`.
 */
export async function loadRecipe<Own extends RecipeKind>(
  reference: string,
  { cwd, experiment }: { cwd: string; experiment: Own },
): Promise<LoadedRecipe<Extract<AnyRecipe, { experiment: Own }>>> {
  const isFile = /[\\/]|\.json$/.test(reference)
  const path = isFile ? resolve(cwd, reference) : shippedFile(`${FOLDER}${reference}.json`)
  const recipe = await readRecord<AnyRecipe>(path, check, 'BAD_RECIPE')
  if (recipe === undefined) throw await notFound(reference, isFile)
  if (recipe.experiment !== experiment) {
    throw new InputError(
      `The recipe ${reference} is for the experiment ${recipe.experiment}, not for ${experiment}.`,
      {
        code: 'RECIPE_UNSUITABLE',
        suggestions: [`reversal ${COMMANDS[recipe.experiment]} --recipe ${quoteWord(reference)}`],
      },
    )
  }
  return {
    name: basename(path, '.json'),
    isShipped: !isFile,
    recipe: recipe as Extract<AnyRecipe, { experiment: Own }>,
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
  const kinds = Object.keys(checks) as RecipeKind[]
  const own = kinds.find((name) => name === experiment)
  return own === undefined ? `"experiment" must be one of ${kinds.join(', ')}` : checks[own](value)
}

async function notFound(reference: string, isFile: boolean): Promise<InputError> {
  if (isFile) return new InputError(`There is no file ${reference}.`, { code: 'FILE_NOT_FOUND' })
  const names = await shippedRecipes()
  const hint = suggestName(reference, names)
  return new InputError(`There is no recipe ${reference}. ${hint}`, {
    code: 'RECIPE_UNKNOWN',
    suggestions: ['give your own file by its path: --recipe ./my-recipe.json'],
  })
}
