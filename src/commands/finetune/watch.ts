import { runArgument } from '../../cli/flags/arguments.ts'
import { clusterOptions } from '../../cli/flags/cluster-finetune.ts'
import { numberFlag, underscoreAliases } from '../../cli/flags/common.ts'
import { addressFlags, HOSTED_MODELS, serverOptions } from '../../cli/flags/server.ts'
import { watchVisibly } from '../../cli/flows/watch-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class FinetuneWatch extends BaseCommand {
  static override summary = 'follow a run until it ends: step, loss and speed'
  static override description =
    'Ctrl-C stops watching; the run continues. The exit code is 1 if the run does not succeed.'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: runArgument,
  }

  static override flags = underscoreAliases({
    ...addressFlags,
    every: numberFlag({
      default: 5,
      above: 0,
      summary: 'seconds between two checks of a hosted run',
      helpGroup: HOSTED_MODELS,
    }),
  })

  async run(): Promise<{ run: RunRecord }> {
    const { args, flags } = await this.parse(FinetuneWatch)
    const store = new RunStore(this.home)
    const run = await store.get(args.run)
    const { providers } = await loadExtensions(this.config)
    await using provider = await openProvider(providers.get(run.provider), {
      store,
      server: await serverOptions(flags),
      pollMs: flags.every * 1000,
      cluster: await clusterOptions(),
      toolVersion: this.config.version,
    })
    return { run: await watchVisibly(this, { store, provider, run, signal: this.interrupt }) }
  }
}
