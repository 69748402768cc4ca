import { clusterFinetuneFlags, clusterOptions, refuseClusterFlags } from '../../cli/flags/cluster-finetune.ts'
import { finetuneFlags, finetuneOptions, machineFlags, machineOptions } from '../../cli/flags/finetune.ts'
import { hostedFinetuneFlags, hostedFinetuneOptions } from '../../cli/flags/hosted-finetune.ts'
import { fetchingProgress } from '../../cli/flows/opening-progress.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { renderEstimate } from '../../cli/text/estimate.ts'
import { fineTuneRequests } from '../../lib/finetuning/fine-tune-requests.ts'
import { chooseProvider, openProvider } from '../../lib/finetuning/open-provider.ts'
import type { FineTuneEstimate } from '../../lib/finetuning/provider.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class FinetuneEstimate extends BaseCommand {
  static override summary = 'estimate fine-tunes: examples, tokens, steps, time and cost'
  static override description =
    'Works without an API key, but then does not check that a hosted model exists.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name curie --dataset-name first',
    '<%= config.bin %> <%= command.id %> --provider openai --model-name gpt-4.1-mini-2025-04-14 --dataset-name first',
  ]
  static override flags = {
    ...finetuneFlags,
    ...machineFlags,
    ...clusterFinetuneFlags,
    ...hostedFinetuneFlags,
  }

  async run(): Promise<{ runs: number; estimate: FineTuneEstimate }> {
    const { flags } = await this.parse(FinetuneEstimate)
    const { providers } = await loadExtensions(this.config)
    const chosen = chooseProvider(providers, flags.provider)
    refuseClusterFlags(flags, { provider: chosen.entry, providers })
    const progress = new Progress({ quiet: this.jsonEnabled() })
    await using provider = await openProvider(chosen, {
      store: new RunStore(this.home),
      ...machineOptions(flags),
      onFetching: fetchingProgress(progress),
      ...(await hostedFinetuneOptions(flags, { provider: chosen.entry, providers })),
      offline: true,
      cluster: await clusterOptions(flags, { offline: true }),
      toolVersion: this.config.version,
    })
    const requests = await fineTuneRequests(
      finetuneOptions(flags, { ...chosen, opened: provider, providers, signal: this.interrupt }),
    ).finally(() => progress.stop())
    const estimate = await provider.estimate(requests[0]!)
    this.log(renderEstimate(requests, estimate))
    return { runs: requests.length, estimate }
  }
}
