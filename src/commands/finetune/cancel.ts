import { runArgument } from '../../cli/flags/arguments.ts'
import { clusterOptions } from '../../cli/flags/cluster-finetune.ts'
import { underscoreAliases } from '../../cli/flags/common.ts'
import { addressFlags, serverOptions } from '../../cli/flags/server.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { describeStatus } from '../../cli/text/runs.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class FinetuneCancel extends BaseCommand {
  static override summary = 'cancel a run'
  static override description =
    'The training process, on any machine, stops the run within a second and continues with its other runs. A cancelled local or hosted run cannot be resumed: to pause a local run and resume it later, press Ctrl-C in its terminal.'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: runArgument,
  }

  static override flags = underscoreAliases(addressFlags)

  async run(): Promise<{ run: RunRecord }> {
    const { args, flags } = await this.parse(FinetuneCancel)
    const store = new RunStore(this.home)
    const run = await store.get(args.run)
    const { providers } = await loadExtensions(this.config)
    await using provider = await openProvider(providers.get(run.provider), {
      store,
      server: await serverOptions(flags),
      cluster: await clusterOptions(),
      toolVersion: this.config.version,
    })
    const cancelled = await provider.cancel(run)
    this.log(
      cancelled.status === 'cancelled'
        ? `Cancelled ${cancelled.id}.`
        : `Asked ${cancelled.id} (${describeStatus(cancelled)}) to stop; it saves a checkpoint first.`,
    )
    return { run: cancelled }
  }
}
