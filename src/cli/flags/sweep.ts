import { availableParallelism } from 'node:os'
import { Flags } from '@oclif/core'
import type { Device } from '../../lib/engine/device.ts'
import type { SweepGrid, SweepPreset } from '../../lib/experiments/sweep-grid.ts'
import { SWEEP_PRESETS, sweepGrid } from '../../lib/experiments/sweep-grid.ts'
import { numberFlag, underscoreAliases } from './common.ts'
import { finetuneFlags, labelFlag, trainingMachineFlags } from './finetune.ts'

const { 'dataset-name': datasetName } = finetuneFlags
const { 'training-file': trainingFile, 'validation-file': validationFile } = finetuneFlags

const several = { multiple: true, multipleNonGreedy: true, delimiter: ',' } as const

/** What to vary and on what; lists are comma-separated or repeated. */
export const sweepFlags = {
  ...trainingMachineFlags,
  ...{
    provider: Flags.string({ default: 'local', summary: 'who fine-tunes: local (this machine)' }),
    'dataset-name': datasetName,
    'training-file': trainingFile,
    'validation-file': validationFile,
  },
  ...underscoreAliases({
    preset: Flags.option({
      options: Object.keys(SWEEP_PRESETS) as SweepPreset[],
      summary: 'grid of the paper, which the other flags change',
      helpGroup: 'GRID',
    })(),
    'model-name': Flags.string({
      ...several,
      summary: 'base models, such as ada,babbage',
      helpGroup: 'GRID',
    }),
    'learning-rate-multiplier': numberFlag({
      ...several,
      above: 0,
      summary: 'factors on the base learning rate, such as 0.1,0.2',
      helpGroup: 'GRID',
    }),
    'batch-size': Flags.integer({
      ...several,
      min: 1,
      summary: 'examples a step, such as 8,16',
      helpGroup: 'GRID',
    }),
    'n-epochs': Flags.integer({
      ...several,
      min: 1,
      summary: 'passes over the training file',
      defaultHelp: async () => '10, or more where the data set is small',
      helpGroup: 'GRID',
    }),
    seed: Flags.integer({ ...several, summary: 'seeds of the runs, such as 1,2,3', helpGroup: 'GRID' }),
    name: Flags.string({
      default: 'sweep',
      summary: 'name of the sweep: the tag of its runs and the name of its report',
    }),
    label: labelFlag(),
    jobs: Flags.integer({
      min: 1,
      summary: 'runs to train at once; threads are divided among them',
      defaultHelp: async () => 'one for each core, up to 8',
      helpGroup: 'MACHINE',
    }),
    'rank-all': Flags.boolean({ default: false, summary: 'rank the right name among all names, too' }),
    'dry-run': Flags.boolean({ default: false, summary: 'say what it would take, and stop' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask before money is spent' }),
  }),
}

interface GridFlags {
  preset?: SweepPreset | undefined
  'model-name'?: string[] | undefined
  'learning-rate-multiplier'?: number[] | undefined
  'batch-size'?: number[] | undefined
  'n-epochs'?: number[] | undefined
  seed?: number[] | undefined
}

/** The flags as the library takes them. */
export function gridOf(flags: GridFlags): SweepGrid {
  const given = {
    models: flags['model-name'],
    learningRateMultipliers: flags['learning-rate-multiplier'],
    batchSizes: flags['batch-size'],
    nEpochs: flags['n-epochs'],
    seeds: flags.seed,
  }
  return sweepGrid(given, flags.preset)
}

const MOST_JOBS = 8

/** How many runs are trained at once, and with how many threads each. */
export function divideMachine({
  jobs,
  threads,
  device,
  runs,
}: {
  jobs?: number | undefined
  threads?: number | undefined
  device: Device
  runs: number
}): { jobs: number; threads: number } {
  const cores = threads ?? availableParallelism()
  const usual = device === 'cpu' ? Math.min(cores, MOST_JOBS) : 1
  const chosen = Math.max(1, Math.min(jobs ?? usual, runs))
  return { jobs: chosen, threads: Math.max(1, Math.floor(cores / chosen)) }
}
