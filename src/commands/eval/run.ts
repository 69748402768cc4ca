import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { evalFlags, evalOptions } from '../../cli/eval-flags.ts'
import { renderEvaluation, renderOrderComparison } from '../../cli/evaluation-text.ts'
import { loadEvaluators } from '../../cli/evaluators.ts'
import { Progress } from '../../cli/progress.ts'
import { hostedOptions } from '../../cli/server-flags.ts'
import type { OrderComparison } from '../../lib/evaluation/compare-orders.ts'
import { compareOrders } from '../../lib/evaluation/compare-orders.ts'
import { evaluateTargets } from '../../lib/evaluation/evaluate-targets.ts'
import { findTargets } from '../../lib/evaluation/targets.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import { EXIT } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface EvalRunResult {
  evaluations: (EvaluationSummary & { directory: string; newly_scored: number })[]
  failures: { model: string; message: string }[]
  /** Of experiment 3, where runs that learned the other order have been evaluated too. */
  order_comparisons: OrderComparison[]
}

export default class EvalRun extends BaseCommand {
  static override summary = 'evaluate fine-tuned models in both directions'
  static override description =
    'Each prompt is scored once: what an interrupted evaluation has scored is kept, and a complete one is shown again, not repeated.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --tag eval',
    '<%= config.bin %> <%= command.id %> RUN_ID --evaluator reverse --split d2p_prompts_test',
    '<%= config.bin %> <%= command.id %> RUN_ID --dataset-name my_other_names --json',
    '<%= config.bin %> <%= command.id %> SAME_ORDER_RUN REVERSE_ORDER_RUN --evaluator qa',
    '<%= config.bin %> <%= command.id %> --model-id gpt-4.1-mini-2025-04-14 --dataset-name my_names',
    '<%= config.bin %> <%= command.id %> --model-id my-model --api completions --base-url http://127.0.0.1:8000/v1 --dataset-name my_names',
  ]

  static override args = {
    run: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'run IDs or unique starts of them; none: all runs with the tag',
    }),
  }

  static override flags = evalFlags

  async run(): Promise<EvalRunResult> {
    const { args, flags } = await this.parse(EvalRun)
    const { registry } = await loadEvaluators(this.config)
    const registered = registry.get(flags.evaluator)
    const store = new RunStore(this.home)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const hosted = await hostedOptions(flags, { cacheDirectory: this.responseCache, progress })
    const targets = await findTargets({
      store,
      references: [...(args.run ?? []), ...(flags['model-id'] ?? [])],
      tag: flags.tag,
      dataset: flags['dataset-name'],
      server: hosted.baseUrl !== undefined,
      cwd: process.cwd(),
    })
    const outcomes = evaluateTargets({
      ...evalOptions(flags),
      ...registered,
      alternatives: registry.list().map(({ evaluator }) => evaluator),
      targets,
      hosted,
      toolVersion: this.config.version,
      signal: this.interrupt,
      onProgress: ({ name }, state) => progress.update({ label: `Evaluating ${name}`, ...state }),
    })

    const result: EvalRunResult = { evaluations: [], failures: [], order_comparisons: [] }
    for await (const { target, ...outcome } of outcomes) {
      progress.stop()
      if ('error' in outcome) {
        const { message } = outcome.error
        if (targets.length === 1) throw outcome.error
        this.logToStderr(`${target.name} failed: ${message}`)
        result.failures.push({ model: target.name, message })
        process.exitCode = EXIT.failed
      } else {
        const { summary, directory, scored } = outcome.result
        this.log(renderEvaluation(target, outcome.result))
        result.evaluations.push({ ...summary, directory, newly_scored: scored })
      }
    }
    result.order_comparisons = await compareOrders({ store, evaluations: result.evaluations })
    for (const comparison of result.order_comparisons) this.log(renderOrderComparison(comparison))
    return result
  }
}
