import { Args, Flags } from '@oclif/core'
import { underscoreAliases } from '../../cli/flags/common.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { renderComparison } from '../../cli/text/comparison.ts'
import type { EvaluationComparison } from '../../lib/reporting/compare/compare-evaluations.ts'
import { compareEvaluations } from '../../lib/reporting/compare/compare-evaluations.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class EvalCompare extends BaseCommand {
  static override summary =
    'compare two evaluated runs, or two directions, with tests and the worst disagreements'
  static override description =
    'Two runs are compared prompt by prompt; two splits (RUN/SPLIT) fact by fact, by the means over each fact’s prompts. Both need evaluations by the same evaluator.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> RUN_ID OTHER_RUN_ID',
    '<%= config.bin %> <%= command.id %> RUN_ID/d2p_prompts_test RUN_ID/d2p_reverse_prompts_test',
    '<%= config.bin %> <%= command.id %> RUN_ID OTHER_RUN_ID --measure logprob --worst 20 --json',
  ]

  static override args = {
    first: Args.string({ required: true, ignoreStdin: true, description: 'RUN or RUN/SPLIT' }),
    second: Args.string({ required: true, ignoreStdin: true, description: 'RUN or RUN/SPLIT' }),
  }

  static override flags = underscoreAliases({
    evaluator: Flags.string({ default: 'reverse', summary: 'evaluator whose results to compare' }),
    measure: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      summary: 'measure to compare, such as logprob; may be repeated',
      defaultHelp: async () => 'prefix_match and logprob',
    }),
    worst: Flags.integer({ default: 5, min: 0, summary: 'disagreements to list for each measure' }),
  })

  async run(): Promise<EvaluationComparison> {
    const { args, flags } = await this.parse(EvalCompare)
    const comparison = await compareEvaluations({
      store: new RunStore(this.home),
      references: [args.first, args.second],
      evaluator: flags.evaluator,
      measures: flags.measure,
      worst: flags.worst,
    })
    this.log(renderComparison(comparison))
    return comparison
  }
}
