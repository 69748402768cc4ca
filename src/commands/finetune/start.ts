import { Flags } from '@oclif/core'
import { clusterFinetuneFlags, clusterOptions, refuseClusterFlags } from '../../cli/flags/cluster-finetune.ts'
import {
  finetuneFlags,
  finetuneOptions,
  machineOptions,
  trainingMachineFlags,
} from '../../cli/flags/finetune.ts'
import { hostedFinetuneFlags, hostedFinetuneOptions } from '../../cli/flags/hosted-finetune.ts'
import { withDataset } from '../../cli/flows/choose-dataset.ts'
import { fetchingProgress } from '../../cli/flows/opening-progress.ts'
import { submitVisibly } from '../../cli/flows/submit-visibly.ts'
import { trainDetached, trainVisibly } from '../../cli/flows/train-visibly.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { Progress } from '../../cli/shell/progress.ts'
import { askForCost, renderEstimate } from '../../cli/text/estimate.ts'
import { createRuns } from '../../lib/finetuning/create-runs.ts'
import { fineTuneRequests } from '../../lib/finetuning/fine-tune-requests.ts'
import { chooseProvider, openProvider } from '../../lib/finetuning/open-provider.ts'
import type { FineTuneEstimate } from '../../lib/finetuning/provider.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface FinetuneStartResult {
  runs: RunRecord[]
  failures: { run: string; message: string }[]
  estimate: FineTuneEstimate
  /** Why there are so many epochs, if the data set is small and the user gave no number. */
  epochs_reason?: string
}

export default class FinetuneStart extends BaseCommand {
  static override summary = 'fine-tune a model on a data set'
  static override description =
    'Without a data set, trains on the newest of experiment 1 in data/, or makes the default one if there is none. Local models are trained on this machine, from scratch or from a pretrained model, and get the tag eval. Ctrl-C saves a checkpoint; finetune:resume continues from it. Hosted models (--provider openai) cost money: the command shows the cost, asks first, and returns once the job is submitted, unless --follow is given. Open weights can be trained on your GPUs (--provider trl), in a separate job that continues when the command returns. finetune:models lists providers and their models.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --model-name ada --dataset-name first --n-epochs 10',
    '<%= config.bin %> <%= command.id %> --dataset-name first --num-finetunes 3 --tag seeds --detach',
    '<%= config.bin %> <%= command.id %> --training-file train.jsonl --dry-run',
    '<%= config.bin %> <%= command.id %> --model-name hf:HuggingFaceTB/SmolLM2-135M --dataset-name first --method lora',
    '<%= config.bin %> <%= command.id %> --provider trl --model-name hf:meta-llama/Llama-3.1-8B --dataset-name first --gpus 1',
    '<%= config.bin %> <%= command.id %> --provider openai --model-name gpt-4.1-mini-2025-04-14 --dataset-name first --num-finetunes 3',
  ]

  static override flags = {
    ...finetuneFlags,
    ...trainingMachineFlags,
    ...clusterFinetuneFlags,
    ...hostedFinetuneFlags,
    detach: Flags.boolean({
      default: false,
      summary: 'return at once (default for hosted models); runs:list and finetune:watch show progress',
    }),
    follow: Flags.boolean({
      default: false,
      exclusive: ['detach'],
      summary: 'wait until the run ends (default for local models)',
    }),
    'dry-run': Flags.boolean({
      aliases: ['dry_run'],
      default: false,
      summary: 'show the estimate and stop',
    }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'spend money without asking' }),
  }

  async run(): Promise<FinetuneStartResult> {
    const { flags: given } = await this.parse(FinetuneStart)
    const store = new RunStore(this.home)
    const machine = machineOptions(given)
    const { providers } = await loadExtensions(this.config)
    const chosen = chooseProvider(providers, given.provider)
    refuseClusterFlags(given, { provider: chosen.entry, providers })
    const progress = new Progress({ quiet: this.jsonEnabled() })
    await using provider = await openProvider(chosen, {
      store,
      ...machine,
      onFetching: fetchingProgress(progress),
      ...(await hostedFinetuneOptions(given, { provider: chosen.entry, providers })),
      offline: given['dry-run'],
      cluster: await clusterOptions(given, { offline: given['dry-run'] }),
      toolVersion: this.config.version,
    })
    const flags = await withDataset(this, { flags: given, provider, entry: chosen.entry })
    const requests = await fineTuneRequests(
      finetuneOptions(flags, { ...chosen, opened: provider, providers, signal: this.interrupt }),
    ).finally(() => progress.stop())
    const estimate = await provider.estimate(requests[0]!)
    this.logToStderr(renderEstimate(requests, estimate))
    const { epochsReason } = requests[0]!
    const plan = { estimate, ...(epochsReason !== undefined && { epochs_reason: epochsReason }) }
    if (flags['dry-run']) return { runs: [], failures: [], ...plan }
    if (estimate.costUsd !== 0) await this.confirm(askForCost(requests, estimate), flags)

    const runs = await createRuns({ store, provider, requests })
    const options = { store, runs, signal: this.interrupt }
    if (provider.runs === 'elsewhere') {
      const { follow } = flags
      return { ...(await submitVisibly(this, { ...options, provider, fresh: true, follow })), ...plan }
    }
    const trained = flags.detach
      ? await trainDetached(this, { ...options, ...machine })
      : await trainVisibly(this, { ...options, provider, fresh: true })
    return { ...trained, ...plan }
  }
}
