import { reproduceCelebritiesFlags } from '../../cli/flags/celebs.ts'
import type { CelebritiesReproduction } from '../../cli/flows/reproduce-celebrities.ts'
import { reproduceCelebritiesVisibly } from '../../cli/flows/reproduce-celebrities.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'

export default class ReproduceCelebrities extends BaseCommand {
  static override summary = 'run experiment 2, celebrities and their parents, on your own or a hosted model'
  static override description =
    'Asks the model for the parent and the child of each pair, compares the two directions, prints the paper’s Figure 5 beside its own and writes a report. With --find, uses pairs that the model itself names, as in the paper. Answers of an earlier run are reused. The single steps are celebs:find, celebs:test and celebs:plot.'
  static override examples = [
    '<%= config.bin %> reproduce celebrities --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> reproduce celebrities --model-name gguf:llama-7b.gguf --pairs my_pairs.csv --limit 100',
    '<%= config.bin %> reproduce celebrities --model-name gpt-4.1-mini-2025-04-14 --find --num-celebrities 100',
    '<%= config.bin %> reproduce celebrities --model-name gguf:llama-7b.gguf --recipe ./my-questions.json',
  ]

  static override flags = reproduceCelebritiesFlags

  protected override readonly resumes = true

  async run(): Promise<CelebritiesReproduction> {
    const { flags } = await this.parse(ReproduceCelebrities)
    return reproduceCelebritiesVisibly(this, flags)
  }
}
