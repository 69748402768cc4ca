import { taggedRunsArgument } from '../../cli/flags/arguments.ts'
import { evalFlags, evalOptions } from '../../cli/flags/eval.ts'
import { chooseWay, describeWay } from '../../cli/flags/run-with.ts'
import { hostedModelOptions, serverOptions } from '../../cli/flags/server.ts'
import type { EvaluationsReport } from '../../cli/flows/evaluation-outcomes.ts'
import { reportOutcomes } from '../../cli/flows/evaluation-outcomes.ts'
import { hostedProgress } from '../../cli/flows/hosted-progress.ts'
import { openingProgress } from '../../cli/flows/opening-progress.ts'
import { refreshVisibly } from '../../cli/flows/refresh-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { renderRelation } from '../../cli/text/evaluation.ts'
import { chooseEvaluator } from '../../lib/evaluation/choose-evaluator.ts'
import { evaluateTargets } from '../../lib/evaluation/evaluate-targets.ts'
import { openEvaluator } from '../../lib/evaluation/open-evaluator.ts'
import { relateEvaluations } from '../../lib/evaluation/relate-evaluations.ts'
import { findTargets } from '../../lib/evaluation/targets.ts'
import { quoteWord } from '../../lib/support/command-line.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

/**
 * Comparisons of evaluations are under the keys that their evaluators define, such as `order_comparisons`.
 */
export type EvalRunResult = EvaluationsReport & { [key: string]: unknown }

export default class EvalRun extends BaseCommand {
  static override summary = 'evaluate fine-tuned models in both directions'
  static override description =
    'Each prompt is scored once: an interrupted evaluation resumes where it stopped, and a complete one is only shown again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --tag eval',
    '<%= config.bin %> <%= command.id %> RUN_ID --split d2p_prompts_test',
    '<%= config.bin %> <%= command.id %> RUN_ID --dataset-name my_other_names --json',
    '<%= config.bin %> <%= command.id %> SAME_ORDER_RUN REVERSE_ORDER_RUN',
    '<%= config.bin %> <%= command.id %> --model-id gpt-4.1-mini-2025-04-14 --dataset-name my_names',
    '<%= config.bin %> <%= command.id %> --model-id hf:HuggingFaceTB/SmolLM2-135M --dataset-name my_names',
    '<%= config.bin %> <%= command.id %> --tag eval --batch --detach',
    '<%= config.bin %> <%= command.id %> --model-id my-model --api completions --base-url http://127.0.0.1:8000/v1 --dataset-name my_names',
  ]

  static override args = {
    run: taggedRunsArgument,
  }

  static override flags = evalFlags

  protected override readonly resumes = true

  async run(): Promise<EvalRunResult> {
    const { args, flags } = await this.parse(EvalRun)
    const { evaluators, models, providers, datasetKinds: kinds } = await loadExtensions(this.config)
    const options = flags['evaluator-option']
    const named =
      flags.evaluator === undefined ? undefined : await openEvaluator(evaluators, flags.evaluator, options)
    const store = new RunStore(this.home)
    const server = await serverOptions(flags)
    const access = await this.tracker(flags)
    await refreshVisibly(this, { store, providers: async () => providers, flags })
    const found = await findTargets({
      ...{ store, models, providers },
      references: [...(args.run ?? []), ...(flags['model-id'] ?? [])],
      tag: flags.tag,
      dataset: flags['dataset-name'],
      server: server.baseUrl !== undefined,
      cwd: process.cwd(),
      ...access,
    })
    const targets = chooseWay(found, flags['run-with'])
    for (const target of targets) {
      const way = describeWay(target)
      if (way !== undefined) this.logToStderr(way)
    }
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const { onWait, onLook, onCacheFailure } = hostedProgress(progress)
    const outcomes = evaluateTargets({
      ...evalOptions(flags),
      ...named,
      chooseEvaluator: (datasetDirectory) =>
        chooseEvaluator({ evaluators, kinds, datasetDirectory, options }),
      models,
      alternatives: evaluators,
      ...access,
      targets,
      hosted: {
        ...server,
        ...hostedModelOptions(flags, { cacheDirectory: this.responseCache }),
        onWait,
        onCacheFailure,
        batch: flags.batch || flags.detach ? { follow: !flags.detach, onLook } : undefined,
      },
      toolVersion: this.config.version,
      signal: this.interrupt,
      onOpening: openingProgress(progress),
      onWarning: (message) => progress.note(`Warning: ${message}`),
      onProgress: ({ name }, state) => progress.update({ label: `Evaluating ${name}`, ...state }),
    })

    const report = await reportOutcomes(outcomes, {
      ...{ command: this, progress, only: targets.length === 1 },
      tracker: access.tracker,
    })
    if (flags.detach && report.evaluations.some(({ status }) => status !== 'complete')) {
      const there = flags['base-url'] === undefined ? '' : ` --base-url ${quoteWord(flags['base-url'])}`
      this.log(`The batches are sent. To fetch the results: reversal eval:collect${there}\n`)
    }
    const related = await relateEvaluations(evaluators, { store, evaluations: report.evaluations })
    for (const relation of Object.values(related).flat()) this.log(renderRelation(relation))
    const data = Object.entries(related).map(([key, own]) => [key, own.map(({ data }) => data)])
    return { ...Object.fromEntries(data), ...report }
  }
}
