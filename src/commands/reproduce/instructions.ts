import { reproduceInstructionsFlags } from '../../cli/flags/reproduce.ts'
import type { ReproduceResult } from '../../cli/flows/reproduction.ts'
import { reproduceVisibly } from '../../cli/flows/reproduction.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'

export default class ReproduceInstructions extends BaseCommand {
  static override summary = 'run experiment 3 in both orders from facts to table and report, offline'
  static override description =
    'Writes two data sets of the same questions and answers, with the guidances in the order of the test and in reverse, trains a local model on each, asks both the held-out questions, prints the paper’s numbers beside its own and writes a report. Results of an earlier run are reused.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --quick',
    '<%= config.bin %> <%= command.id %> --src-filename my_questions.jsonl --seeds 1,2,3',
  ]

  static override flags = reproduceInstructionsFlags

  protected override readonly resumes = true

  async run(): Promise<ReproduceResult> {
    const { flags } = await this.parse(ReproduceInstructions)
    return reproduceVisibly(this, { experiment: 'instructions', flags })
  }
}
