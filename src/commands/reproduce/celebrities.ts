import { Flags } from '@oclif/core'
import { celebsModelFlags, pairsFlags, searchFlags } from '../../cli/flags/celebs.ts'
import { underscoreAliases } from '../../cli/flags/common.ts'
import type { CelebritiesReproduction } from '../../cli/flows/reproduce-celebrities.ts'
import { reproduceCelebrities } from '../../cli/flows/reproduce-celebrities.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'

export default class ReproduceCelebrities extends BaseCommand {
  static override summary = 'run experiment 2 on a model that you have: celebrities and their parents'
  static override description =
    'Asks the model for the parent and the child of each pair, compares the two directions, prints the paper’s Figure 5 beside its own and writes a report. With --find the pairs are those that the model itself names, as in the paper. What an earlier time asked is used again. The steps one by one: celebs:find, celebs:test, celebs:plot.'
  static override examples = [
    '<%= config.bin %> reproduce celebrities --model-name gguf:llama-7b.gguf',
    '<%= config.bin %> reproduce celebrities --model-name gguf:llama-7b.gguf --pairs my_pairs.csv --limit 100',
    '<%= config.bin %> reproduce celebrities --model-name gpt-4.1-mini-2025-04-14 --find --num-celebrities 100',
  ]

  static override flags = {
    ...celebsModelFlags,
    ...pairsFlags,
    ...underscoreAliases({
      find: Flags.boolean({
        default: false,
        exclusive: ['pairs'],
        summary: 'look for pairs in the model’s own answers first',
      }),
      fresh: Flags.boolean({ default: false, summary: 'ask all again' }),
    }),
    ...searchFlags,
  }

  async run(): Promise<CelebritiesReproduction> {
    const { flags } = await this.parse(ReproduceCelebrities)
    return reproduceCelebrities(this, flags)
  }
}
