import type { CelebritiesRecipe } from '../schemas/celebrities-recipe.ts'
import type { FindCelebritiesOptions, TestCelebritiesOptions } from './ask-about-celebrities.ts'
import { loadRecipe } from './load-recipe.ts'

/** The user's settings, which override those of the recipe. */
export interface OwnCelebritySettings {
  style?: TestCelebritiesOptions['prompts']['style'] | undefined
  unequal?: boolean | undefined
  measure?: TestCelebritiesOptions['measure']
  samples?: number | undefined
  limit?: number | undefined
  celebrities?: number | undefined
  queries?: number | undefined
}

export interface CelebritySettings {
  pairs: Pick<TestCelebritiesOptions, 'prompts' | 'measure' | 'samples' | 'limit'>
  search: Pick<FindCelebritiesOptions, 'style' | 'samples'> & {
    /** Number of celebrities to ask about, from the start of the list. */
    celebrities: number
  }
}

/** The settings of experiment 2: the user's, and for the rest the recipe's (by name or path). */
export async function celebritySettings({
  cwd,
  recipe: reference = 'celebrities',
  own,
}: {
  cwd: string
  recipe?: string | undefined
  own: OwnCelebritySettings
}): Promise<CelebritySettings> {
  const { recipe } = await loadRecipe(reference, { cwd, experiment: 'celebrities' })
  return settle(recipe, own)
}

function settle({ test, search }: CelebritiesRecipe, own: OwnCelebritySettings): CelebritySettings {
  const style = own.style ?? test.prompt_style
  return {
    pairs: {
      prompts: { style, unequal: own.unequal ?? test.original_prompts },
      measure: own.measure ?? test.measure,
      samples: own.samples ?? test.num_samples,
      limit: own.limit ?? test.limit,
    },
    search: {
      style,
      samples: own.queries ?? search.num_queries_per_celebrity,
      celebrities: own.celebrities ?? search.num_celebrities,
    },
  }
}
