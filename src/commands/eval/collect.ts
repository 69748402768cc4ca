import { Args, Flags } from '@oclif/core'
import { underscoreAliases } from '../../cli/flags/common.ts'
import { cacheFlag, serverFlags, serverOptions } from '../../cli/flags/server.ts'
import { trackerFlags } from '../../cli/flags/tracker.ts'
import type { EvaluationsReport } from '../../cli/flows/evaluation-outcomes.ts'
import { reportOutcomes } from '../../cli/flows/evaluation-outcomes.ts'
import { hostedProgress } from '../../cli/flows/hosted-progress.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { collectEvaluations, findWaiting } from '../../lib/evaluation/collect.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class EvalCollect extends BaseCommand {
  static override summary = 'fetch the results of batches that eval:run --batch sent'
  static override description =
    'Sends failed and expired requests again. Run it again for batches that have not ended.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> RUN_ID --follow',
  ]

  static override args = {
    of: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'run IDs, model names or evaluation IDs; default: all evaluations with batches',
    }),
  }

  static override flags = {
    ...underscoreAliases({
      follow: Flags.boolean({ default: false, summary: 'wait until all batches have ended' }),
      cache: cacheFlag,
      'base-url': serverFlags['base-url'],
      timeout: serverFlags.timeout,
    }),
    ...trackerFlags,
  }

  protected override readonly resumes = true

  async run(): Promise<EvaluationsReport> {
    const { args, flags } = await this.parse(EvalCollect)
    const store = new RunStore(this.home)
    const waiting = await findWaiting(store, args.of)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    const { onLook, ...listeners } = hostedProgress(progress)
    const { apiKey, baseUrl, timeoutMs, signal } = await serverOptions(flags)
    const cache = flags.cache ? this.responseCache : undefined
    const access = await this.tracker(flags)
    const { evaluators, models } = await loadExtensions(this.config)
    const outcomes = collectEvaluations({
      store,
      ...{ evaluators, models },
      waiting,
      ...access,
      hosted: {
        apiKey,
        baseUrl,
        timeoutMs,
        signal,
        cache,
        ...listeners,
        batch: { follow: flags.follow, onLook },
      },
      toolVersion: this.config.version,
      signal: this.interrupt,
    })
    const report = await reportOutcomes(outcomes, {
      ...{ command: this, progress, only: waiting.length === 1 },
      tracker: access.tracker,
    })
    if (report.evaluations.some(({ status }) => status !== 'complete'))
      this.log(
        'Missing results are not ready yet (--follow waits for them) or were never requested (use eval:run).\n',
      )
    if (waiting.length === 0) this.log('No evaluation has batches to fetch.')
    return report
  }
}
