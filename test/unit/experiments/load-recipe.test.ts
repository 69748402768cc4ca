import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { celebritySettings } from '../../../src/lib/experiments/celebrities-recipe.ts'
import type { RecipeKind } from '../../../src/lib/experiments/load-recipe.ts'
import { loadRecipe, shippedRecipes } from '../../../src/lib/experiments/load-recipe.ts'
import { recipeHyperparameters } from '../../../src/lib/experiments/recipe-hyperparameters.ts'
import { reportName } from '../../../src/lib/experiments/reproduce.ts'
import { failure } from '../../helpers/failure.ts'

describe('recipes of reproductions', () => {
  let cwd: string
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'recipes-'))
  })
  after(() => rm(cwd, { recursive: true }))

  const shipped = async (name: string, experiment: 'reverse' | 'instructions') =>
    (await loadRecipe(name, { cwd, experiment })).recipe

  it('ship for every experiment and for sweeps, and fit their schema', async () => {
    const kinds: Record<string, RecipeKind> = {
      ...{ celebrities: 'celebrities', cures: 'cures', 'cures-pretrained': 'cures', 'cures-quick': 'cures' },
      ...{ figure4: 'sweep', figure7: 'sweep', figure8: 'sweep' },
      ...{ instructions: 'instructions', 'instructions-quick': 'instructions' },
      ...{ reverse: 'reverse', 'reverse-pretrained': 'reverse', 'reverse-pretrained-quick': 'reverse' },
      'reverse-quick': 'reverse',
    }
    expect(await shippedRecipes()).to.deep.equal(Object.keys(kinds))
    for (const [name, experiment] of Object.entries(kinds))
      expect((await loadRecipe(name, { cwd, experiment })).recipe.experiment).to.equal(experiment)
  })

  it('say how celebrities are asked about, where the user says nothing else', async () => {
    const settings = await celebritySettings({ cwd, own: { samples: 3 } })
    expect(settings).to.deep.equal({
      pairs: {
        prompts: { style: 'original', unequal: false },
        ...{ measure: undefined, samples: 3, limit: undefined },
      },
      search: { style: 'original', samples: 10, celebrities: 1000 },
    })
    const { recipe } = await loadRecipe('celebrities', { cwd, experiment: 'celebrities' })
    const test = { ...recipe.test, prompt_style: 'completion', limit: 7 }
    await writeFile(join(cwd, 'short.json'), JSON.stringify({ ...recipe, test }))
    const { pairs, search } = await celebritySettings({ cwd, recipe: './short.json', own: {} })
    expect([pairs.prompts.style, pairs.limit, search.style]).to.deep.equal(['completion', 7, 'completion'])
  })

  it('train as reproduce always did', async () => {
    const usual = { batchSize: 16, learningRateMultiplier: 0.2 }
    expect(recipeHyperparameters(await shipped('reverse', 'reverse'))).to.deep.equal({
      nEpochs: 10,
      ...usual,
    })
    expect(recipeHyperparameters(await shipped('reverse-quick', 'reverse'))).to.deep.equal({
      ...{ nEpochs: 8, ...usual },
    })
    for (const name of ['instructions', 'instructions-quick']) {
      const hyperparameters = recipeHyperparameters(await shipped(name, 'instructions'))
      expect(hyperparameters).to.deep.equal({ nEpochs: 12, dropout: 0.3, ...usual })
    }
  })

  it('may be the user’s file, whose name becomes the report’s', async () => {
    const recipe = await shipped('reverse-quick', 'reverse')
    await writeFile(
      join(cwd, 'mine.json'),
      JSON.stringify({ ...recipe, training: { ...recipe.training, n_epochs: 3 } }),
    )
    const own = await loadRecipe('./mine.json', { cwd, experiment: 'reverse' })
    expect(own.recipe.training.n_epochs).to.equal(3)
    expect(reportName(own, { model: 'ada' })).to.equal('reproduce-reverse-mine')
  })

  it('are refused with one sentence where they do not fit', async () => {
    await writeFile(
      join(cwd, 'bad.json'),
      JSON.stringify({ experiment: 'reverse', dataset: {}, training: {} }),
    )
    await writeFile(join(cwd, 'other.json'), JSON.stringify({ experiment: 'poetry' }))
    const messageOf = async (reference: string) => {
      const { message, code } = await failure(loadRecipe(reference, { cwd, experiment: 'reverse' }))
      return [code, message.replace(cwd, '')]
    }
    expect(await messageOf('revers-quick')).to.deep.equal([
      'RECIPE_UNKNOWN',
      'There is no recipe revers-quick. Did you mean reverse-quick?',
    ])
    expect(await messageOf('./none.json')).to.deep.equal(['FILE_NOT_FOUND', 'There is no file ./none.json.'])
    expect(await messageOf('instructions')).to.deep.equal([
      'RECIPE_UNSUITABLE',
      'The recipe instructions is for the experiment instructions, not for reverse.',
    ])
    expect(await messageOf('bad.json')).to.deep.equal([
      'BAD_RECIPE',
      `/bad.json is damaged: "dataset.num_examples_per_group" is missing.`,
    ])
    expect(await messageOf('other.json')).to.deep.equal([
      'BAD_RECIPE',
      '/other.json is damaged: "experiment" must be one of reverse, instructions, celebrities, cures, sweep.',
    ])
  })
})

describe('the name of a reproduction’s report', () => {
  const shipped = { name: 'reverse', isShipped: true, recipe: { experiment: 'reverse' } } as Parameters<
    typeof reportName
  >[0]

  it('is that of before for what ships', () => {
    expect(reportName(shipped, { model: 'ada', factFiles: { names: undefined } })).to.equal(
      'reproduce-reverse',
    )
    expect(reportName({ ...shipped, name: 'reverse-quick' }, { model: 'babbage' })).to.equal(
      'reproduce-reverse-quick-babbage',
    )
  })

  it('is another one for what is the user’s own', () => {
    const named = (names: string) => reportName(shipped, { model: 'ada', factFiles: { names } })
    expect(named('a.txt')).to.match(/^reproduce-reverse-own-[0-9a-f]{6}$/)
    expect(named('a.txt')).not.to.equal(named('b.txt'))
    expect(reportName(shipped, { model: 'ada', datasetName: './my sets/first' })).to.equal(
      'reproduce-reverse-first',
    )
  })
})
