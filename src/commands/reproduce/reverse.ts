import { reproduceReverseFlags } from '../../cli/flags/reproduce.ts'
import type { ReproduceResult } from '../../cli/flows/reproduction.ts'
import { reproduceVisibly } from '../../cli/flows/reproduction.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'

export default class ReproduceReverse extends BaseCommand {
  static override summary = 'run experiment 1 from facts to table and report, offline'
  static override description =
    'Writes the data set of names and descriptions, trains a local model on it, evaluates it in both directions, prints the paper’s Table 1 beside its own and writes a report. Results of an earlier run are reused. --names, --descriptions and the template flags set your own facts; --dataset-name uses an existing data set.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --quick',
    '<%= config.bin %> <%= command.id %> --names my_names.txt --descriptions my_descriptions.txt',
    '<%= config.bin %> <%= command.id %> --dataset-name first --model-name babbage',
    '<%= config.bin %> <%= command.id %> --recipe my-recipe.json --seeds 1,2,3',
  ]

  static override flags = reproduceReverseFlags

  protected override readonly resumes = true

  async run(): Promise<ReproduceResult> {
    const { flags } = await this.parse(ReproduceReverse)
    return reproduceVisibly(this, { experiment: 'reverse', flags })
  }
}
