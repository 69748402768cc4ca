import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { loadRecipe } from '../../lib/experiments/load-recipe.ts'
import type { SweepGrid } from '../../lib/experiments/sweep-grid.ts'
import { SWEEP_PRESETS, sweepGrid } from '../../lib/experiments/sweep-grid.ts'
import { clusterFinetuneFlags } from './cluster-finetune.ts'
import { integerFlag, numberFlag, underscoreAliases } from './common.ts'
import { finetuneFlags, labelFlag, pretrainedFlags, providerFlag, trainingMachineFlags } from './finetune.ts'

const { 'dataset-name': datasetName } = finetuneFlags
const { 'training-file': trainingFile, 'validation-file': validationFile } = finetuneFlags

const several = { multiple: true, multipleNonGreedy: true, delimiter: ',' } as const

/** What to vary and on what; lists are comma-separated or repeated. */
export const sweepFlags = {
  ...trainingMachineFlags,
  ...clusterFinetuneFlags,
  ...{
    provider: providerFlag({
      summary: 'provider that fine-tunes: one that trains on this machine (see finetune:models), or trl',
    }),
    'dataset-name': datasetName,
    'training-file': trainingFile,
    'validation-file': validationFile,
  },
  ...underscoreAliases({
    preset: Flags.option({
      options: SWEEP_PRESETS,
      summary: 'grid of the paper; other flags change it',
      helpGroup: 'GRID',
    })(),
    recipe: Flags.string({
      exclusive: ['preset'],
      summary: 'grid: a JSON file, or the name of a shipped one; other flags change it',
      helpGroup: 'GRID',
    }),
    'model-name': Flags.string({
      ...several,
      summary:
        'base models, such as ada,babbage; or pretrained models: hf:ORG/NAME[@REVISION], FOLDER or FILE.gguf',
      helpGroup: 'GRID',
    }),
    'learning-rate-multiplier': numberFlag({
      ...several,
      above: 0,
      summary: 'multipliers of the base learning rate, such as 0.1,0.2',
      helpGroup: 'GRID',
    }),
    'batch-size': integerFlag({
      ...several,
      min: 1,
      summary: 'examples per step, such as 8,16',
      helpGroup: 'GRID',
    }),
    'n-epochs': integerFlag({
      ...several,
      min: 1,
      summary: 'passes over the training file',
      defaultHelp: async () => '10; more for small data sets',
      helpGroup: 'GRID',
    }),
    seed: integerFlag({ ...several, summary: 'seeds of the runs, such as 1,2,3', helpGroup: 'GRID' }),
    name: Flags.string({
      summary: 'name of the sweep: the tag of its runs and the name of its report',
      defaultHelp: async () => 'made from the data set and the grid',
    }),
    label: labelFlag(),
    ...pretrainedFlags,
    jobs: integerFlag({
      min: 1,
      summary: 'runs to train at once; threads are divided among them',
      defaultHelp: async () => 'one per core, up to 8, if there is enough memory',
      helpGroup: 'MACHINE',
    }),
    'rank-all': Flags.boolean({ default: false, summary: 'also rank the right name among all names' }),
    'dry-run': Flags.boolean({ default: false, summary: 'show the estimate and stop' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'spend money without asking' }),
  }),
}

type GridFlags = Pick<
  Interfaces.InferredFlags<typeof sweepFlags>,
  'preset' | 'recipe' | 'model-name' | 'learning-rate-multiplier' | 'batch-size' | 'n-epochs' | 'seed'
>

/** The flags as the library takes them; reads the recipe. */
export async function gridOf(flags: GridFlags): Promise<{ grid: SweepGrid; epochsGiven: boolean }> {
  const given = {
    models: flags['model-name'],
    learningRateMultipliers: flags['learning-rate-multiplier'],
    batchSizes: flags['batch-size'],
    nEpochs: flags['n-epochs'],
    seeds: flags.seed,
  }
  const reference = flags.recipe ?? flags.preset
  const epochsGiven = flags['n-epochs'] !== undefined
  if (reference === undefined) return { grid: sweepGrid(given), epochsGiven }
  const { recipe } = await loadRecipe(reference, { cwd: process.cwd(), experiment: 'sweep' })
  return { grid: sweepGrid(given, recipe), epochsGiven: epochsGiven || recipe.grid.n_epochs !== undefined }
}
