import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { machineFlags } from '../cli/finetune-flags.ts'
import { underscoreAliases } from '../cli/flags.ts'
import { Progress } from '../cli/progress.ts'
import { renderInstructions, renderReverse } from '../cli/reproduction-text.ts'
import { showEvent } from '../cli/training.ts'
import type { ReproduceInstructionsResult } from '../lib/experiments/reproduce-instructions.ts'
import { reproduceInstructions } from '../lib/experiments/reproduce-instructions.ts'
import type { ReproduceReverseResult } from '../lib/experiments/reproduce-reverse.ts'
import { reproduceReverse } from '../lib/experiments/reproduce-reverse.ts'
import { RunStore } from '../lib/tracking/run-store.ts'

export default class Reproduce extends BaseCommand {
  static override summary = 'run an experiment of the paper from facts to table, offline'
  static override description =
    'Writes the data set, trains a local model on it, evaluates it in both directions and prints the paper’s numbers beside its own. What an earlier time made is used again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --quick',
    '<%= config.bin %> <%= command.id %> instructions',
    '<%= config.bin %> <%= command.id %> --model-name babbage --seed 1 --json',
  ]

  static override args = {
    experiment: Args.string({
      options: ['reverse', 'instructions'],
      default: 'reverse',
      ignoreStdin: true,
      description: 'experiment 1 (reverse: names and descriptions) or 3 (instructions)',
    }),
  }

  static override flags = {
    ...machineFlags,
    ...underscoreAliases({
      quick: Flags.boolean({ default: false, summary: 'a small data set, which takes seconds' }),
      'model-name': Flags.string({ default: 'ada', summary: 'local model: ada, babbage, curie, davinci' }),
      seed: Flags.integer({ default: 42, summary: 'seed of the facts and of the first weights' }),
      fresh: Flags.boolean({ default: false, summary: 'start over, also where a result is there' }),
    }),
  }

  async run(): Promise<ReproduceReverseResult | ReproduceInstructionsResult> {
    const { args, flags } = await this.parse(Reproduce)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const options = {
      ...flags,
      cwd: process.cwd(),
      store: new RunStore(this.home),
      model: flags['model-name'].replace(/^local\//, ''),
      toolVersion: this.config.version,
      signal: this.interrupt,
      onTraining: showEvent.bind(undefined, progress),
      onEvaluation: (state: { done: number; total: number }) =>
        progress.update({ label: 'Evaluating', ...state }),
    }
    try {
      if (args.experiment === 'instructions') {
        const result = await reproduceInstructions(options)
        progress.stop()
        this.log(renderInstructions(result))
        return result
      }
      const result = await reproduceReverse(options)
      progress.stop()
      this.log(renderReverse(result))
      return result
    } finally {
      progress.stop()
    }
  }
}
