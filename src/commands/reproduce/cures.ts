import { reproduceCuresFlags } from '../../cli/flags/reproduce.ts'
import type { CuresReproduction } from '../../cli/flows/reproduce-cures.ts'
import { reproduceCuresVisibly } from '../../cli/flows/reproduce-cures.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'

export default class ReproduceCures extends BaseCommand {
  static override summary = 'compare what lifts the curse: ways to train on the same facts, in one table'
  static override description =
    'Trains a model on the unchanged facts of experiment 1, and one for each arm of the recipe: on transformed training data (dataset:transform lists the transforms) or with another objective. All arms train on the same number of tokens and are tested on the same prompts. Prints and reports accuracy in both directions with intervals, a test against the first arm, and what the paper of each arm found. The same command continues after an interruption and reuses existing results.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --quick',
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --arms entities-marked,identity-bridge --seeds 1,2,3',
    '<%= config.bin %> <%= command.id %> --matched epochs',
    '<%= config.bin %> <%= command.id %> --recipe my-arms.json --names my_names.txt --descriptions my_descriptions.txt',
  ]

  static override flags = reproduceCuresFlags

  protected override readonly resumes = true

  async run(): Promise<CuresReproduction> {
    const { flags } = await this.parse(ReproduceCures)
    return reproduceCuresVisibly(this, flags)
  }
}
