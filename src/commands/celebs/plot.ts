import { resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { underscoreAliases } from '../../cli/flags/common.ts'
import { figureFlags, lookOf } from '../../cli/flags/figures.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparisons } from '../../cli/text/celebrities.ts'
import type { CelebritiesReport } from '../../lib/reporting/report-celebrities.ts'
import { reportCelebrities } from '../../lib/reporting/report-celebrities.ts'

export default class CelebsPlot extends BaseCommand {
  static override summary = 'compare how often models find parents and children: the paper’s Figure 5'
  static override description =
    'Reads result files of celebs:test, the published ones, and files of pairs written by celebs:find. Prints the table and writes it beside the figure.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> gpt-4.1_reversal_test_results.csv llama_reversal_test_results.csv',
    '<%= config.bin %> <%= command.id %> results.csv --output-dir figures --json',
  ]

  static override args = {
    file: Args.string({
      multiple: true,
      required: true,
      ignoreStdin: true,
      description: 'result files, CSV',
    }),
  }

  static override flags = underscoreAliases({
    'output-dir': Flags.string({
      default: 'reports/celebrities',
      summary: 'directory for celebrities.svg, .png, .pdf, .vl.json, .csv, .tex and .md, which are replaced',
    }),
    ...figureFlags,
  })

  async run(): Promise<CelebritiesReport> {
    const { args, flags } = await this.parse(CelebsPlot)
    const report = await reportCelebrities({
      files: args.file,
      directory: resolve(flags['output-dir']),
      look: lookOf(flags),
    })
    this.log(renderComparisons(report.comparisons))
    this.log(Object.values(report.files).join('\n'))
    return report
  }
}
