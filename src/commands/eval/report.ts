import { Flags } from '@oclif/core'
import { taggedRunsArgument } from '../../cli/flags/arguments.ts'
import { numberFlag, underscoreAliases } from '../../cli/flags/common.ts'
import { figureFlags, lookOf } from '../../cli/flags/figures.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { renderReport } from '../../cli/text/report.ts'
import { findRuns } from '../../lib/evaluation/find-runs.ts'
import { reportRuns } from '../../lib/reporting/report-runs.ts'
import type { ReportTables } from '../../lib/reporting/write-report.ts'
import { tablesJson } from '../../lib/reporting/write-report.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface EvalReportResult extends ReportTables {
  directory: string
  page: string
}

export default class EvalReport extends BaseCommand {
  static override summary = 'write a report on evaluated runs: the paper’s tables and figures, and tests'
  static override description =
    'Writes reports/NAME/ with report.html, which needs no other file, every table as CSV, LaTeX and Markdown, every figure as SVG, PNG, PDF and Vega-Lite, and prints the same tables. Runs that differ only in their seed are pooled.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --tag eval',
    '<%= config.bin %> <%= command.id %> RUN_ID RUN_ID --name sizes',
    '<%= config.bin %> <%= command.id %> --tag eval --margin 0.5 --json',
    '<%= config.bin %> <%= command.id %> --tag eval --no-title --width 85',
  ]

  static override args = {
    run: taggedRunsArgument,
  }

  static override flags = underscoreAliases({
    tag: Flags.string({ default: 'eval', summary: 'report on the runs with this tag' }),
    name: Flags.string({
      summary: 'name of the report',
      defaultHelp: async () => 'the tag, or the first run',
    }),
    'output-dir': Flags.string({
      summary: 'directory to write',
      defaultHelp: async () => 'reports/NAME',
    }),
    celebrities: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'result file of celebs:test or celebs:find, for Figure 5; may be repeated',
    }),
    margin: numberFlag({
      default: 1,
      above: 0,
      summary: 'margin of the equivalence test, in nats: smaller differences count as equal',
    }),
    ...figureFlags,
  })

  protected override readonly resumes = true

  async run(): Promise<EvalReportResult> {
    const { args, flags } = await this.parse(EvalReport)
    const store = new RunStore(this.home)
    const references = args.run ?? []
    const { celebrities = [] } = flags
    const optional = celebrities.length > 0
    const runs = await findRuns({ store, references, tag: flags.tag, optional })
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const { evaluators, providers } = await loadExtensions(this.config)
    const written = await reportRuns({
      ...{ evaluators, providers },
      ...{ store, runs, celebrityFiles: celebrities },
      cwd: process.cwd(),
      name: flags.name ?? (references.length === 0 ? flags.tag : runs[0]!.id),
      outputDir: flags['output-dir'],
      margin: flags.margin,
      look: lookOf(flags),
      toolVersion: this.config.version,
      now: new Date(),
      signal: this.interrupt,
      onProgress: (state) => progress.update({ label: 'Reading evaluations', ...state }),
    }).finally(() => progress.stop())
    this.log(renderReport(written))
    return { ...tablesJson(written.report), directory: written.directory, page: written.page }
  }
}
