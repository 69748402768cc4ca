import { resolve } from 'node:path'
import { Args } from '@oclif/core'
import { chooseSides, compareFlags } from '../../cli/flags/compare.ts'
import { lookOf } from '../../cli/flags/figures.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparison } from '../../cli/text/comparison.ts'
import { renderConfigurations } from '../../cli/text/configurations.ts'
import type { EvaluationComparison } from '../../lib/reporting/compare/compare-evaluations.ts'
import { compareEvaluations } from '../../lib/reporting/compare/compare-evaluations.ts'
import type { ConfigurationsReport } from '../../lib/reporting/compare/report-configurations.ts'
import { reportConfigurations } from '../../lib/reporting/compare/report-configurations.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export type EvalCompareResult = EvaluationComparison | ConfigurationsReport

export default class EvalCompare extends BaseCommand {
  static override summary =
    'compare two configurations over all seeds and facts, two evaluated runs, or two directions, with tests'
  static override description =
    'Two tags (or two labels) compare configurations: all runs of each, over seeds and facts at once, in one table and one figure. The runs of a side may differ only in their seeds. Two runs are compared prompt by prompt; two splits (RUN/SPLIT) fact by fact, by the means over each fact’s prompts. Both list the largest disagreements. Both sides need evaluations with the same evaluator.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --tag base --tag cure',
    '<%= config.bin %> <%= command.id %> --label "as it is" --label augmented --output-dir figures --json',
    '<%= config.bin %> <%= command.id %> RUN_ID OTHER_RUN_ID',
    '<%= config.bin %> <%= command.id %> RUN_ID/d2p_prompts_test RUN_ID/d2p_reverse_prompts_test',
    '<%= config.bin %> <%= command.id %> RUN_ID OTHER_RUN_ID --measure logprob --worst 20 --json',
  ]

  static override args = {
    first: Args.string({ ignoreStdin: true, description: 'RUN or RUN/SPLIT' }),
    second: Args.string({ ignoreStdin: true, description: 'RUN or RUN/SPLIT' }),
  }

  static override flags = compareFlags

  async run(): Promise<EvalCompareResult> {
    const { args, flags } = await this.parse(EvalCompare)
    const sides = chooseSides(args, flags)
    const store = new RunStore(this.home)
    const { evaluator, measure: measures, split: splits } = flags
    if (sides.kind === 'runs') {
      const { references } = sides
      const comparison = await compareEvaluations({
        store,
        references,
        evaluator,
        measures,
        worst: flags.worst,
      })
      this.log(renderComparison(comparison))
      return comparison
    }
    const { references, directory } = sides
    const report = await reportConfigurations({
      ...{ store, references, evaluator, measures, splits },
      directory: resolve(flags['output-dir'] ?? directory),
      look: lookOf(flags),
    })
    this.log(`${renderConfigurations(report)}\n`)
    this.log(Object.values(report.files).join('\n'))
    return report
  }
}
