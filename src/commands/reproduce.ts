import { Args } from '@oclif/core'
import { reproduceReverseFlags } from '../cli/flags/reproduce.ts'
import type { ReproduceResult } from '../cli/flows/reproduction.ts'
import { reproduceVisibly } from '../cli/flows/reproduction.ts'
import { BaseCommand } from '../cli/shell/base-command.ts'
import { subcommandOf } from '../cli/shell/subcommand.ts'
import { InputError } from '../lib/support/errors.ts'

export default class Reproduce extends BaseCommand {
  static override summary = 'run an experiment of the paper from facts to table and report'
  static override description =
    'Without a name, runs experiment 1 offline: writes the data set, trains a local model on it, evaluates it in both directions, prints the paper’s numbers beside its own and writes a report. Results of an earlier run are reused. Each other experiment is a separate command with its own flags.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --quick',
    '<%= config.bin %> <%= command.id %> --seeds 1,2,3',
    '<%= config.bin %> <%= command.id %> --names my_names.txt --descriptions my_descriptions.txt',
    '<%= config.bin %> <%= command.id %> --recipe my-recipe.json',
    '<%= config.bin %> <%= command.id %> instructions',
    '<%= config.bin %> <%= command.id %> celebrities --pairs my_pairs.csv --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> <%= command.id %> --model-name babbage --seed 1 --json',
  ]

  static override args = {
    experiment: Args.string({
      options: ['reverse', 'instructions', 'celebrities', 'cures'],
      default: 'reverse',
      ignoreStdin: true,
      description:
        'experiment 1 (reverse: names and descriptions), 3 (instructions) or 2 (celebrities, on your own model), or the comparison of cures; put it before all flags',
    }),
  }

  static override flags = reproduceReverseFlags

  protected override readonly resumes = true

  /** `reproduce instructions` is `reproduce:instructions`, which shows its own result and errors. */
  protected override async _run<T>(): Promise<T> {
    const id = subcommandOf(this.config, 'reproduce', this.argv)
    return id === undefined ? super._run<T>() : this.config.runCommand<T>(id, this.argv.slice(1))
  }

  async run(): Promise<ReproduceResult> {
    const { args, flags } = await this.parse(Reproduce)
    if (args.experiment !== 'reverse') {
      throw new InputError(`Put the experiment before its flags: reversal reproduce ${args.experiment}.`, {
        code: 'EXPERIMENT_MISPLACED',
      })
    }
    return reproduceVisibly(this, { experiment: 'reverse', flags })
  }
}
