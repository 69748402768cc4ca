import { runsArgument } from '../../cli/flags/arguments.ts'
import { clusterOptions } from '../../cli/flags/cluster-finetune.ts'
import { underscoreAliases } from '../../cli/flags/common.ts'
import { machineOptions, trainingMachineFlags } from '../../cli/flags/finetune.ts'
import { addressFlags, serverOptions } from '../../cli/flags/server.ts'
import { fetchingProgress } from '../../cli/flows/opening-progress.ts'
import { submitVisibly } from '../../cli/flows/submit-visibly.ts'
import type { TrainingResult } from '../../cli/flows/train-visibly.ts'
import { trainVisibly } from '../../cli/flows/train-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import { InputError } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class FinetuneResume extends BaseCommand {
  static override summary = 'resume runs that were interrupted, failed, paused or never started'
  static override description =
    'A local run resumes from its last checkpoint and ends with the same weights as an uninterrupted one. If submitting a hosted run was interrupted, its job is looked up on the server and submitted only if it is not there.'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: runsArgument,
  }

  static override flags = { ...trainingMachineFlags, ...underscoreAliases(addressFlags) }

  protected override readonly resumes = true

  async run(): Promise<TrainingResult> {
    const { args, flags } = await this.parse(FinetuneResume)
    const store = new RunStore(this.home)
    const runs = await Promise.all(args.run.map((reference) => store.get(reference)))
    const names = new Set(runs.map((run) => run.provider))
    if (names.size > 1) {
      throw new InputError(
        `These runs have different providers (${[...names].join(', ')}): resume them one by one.`,
        {
          code: 'MIXED_PROVIDERS',
        },
      )
    }
    const { providers } = await loadExtensions(this.config)
    const progress = new Progress({ quiet: this.jsonEnabled() })
    await using provider = await openProvider(providers.get(runs[0]!.provider), {
      ...machineOptions(flags),
      onFetching: fetchingProgress(progress),
      server: await serverOptions(flags),
      cluster: await clusterOptions(),
      store,
      toolVersion: this.config.version,
    })
    const options = { store, runs, signal: this.interrupt }
    return provider.runs === 'elsewhere'
      ? submitVisibly(this, { ...options, provider, fresh: false, follow: false })
      : trainVisibly(this, { ...options, provider, fresh: false, progress })
  }
}
