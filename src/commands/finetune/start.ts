import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { renderEstimate } from '../../cli/estimate-text.ts'
import {
  finetuneFlags,
  finetuneOptions,
  machineOptions,
  trainingMachineFlags,
} from '../../cli/finetune-flags.ts'
import { trainDetached, trainVisibly } from '../../cli/training.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import type { FineTuneEstimate } from '../../lib/finetuning/provider.ts'
import { fineTuneRequests } from '../../lib/finetuning/requests.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface FinetuneStartResult {
  runs: RunRecord[]
  failures: { run: string; message: string }[]
  estimate: FineTuneEstimate
}

export default class FinetuneStart extends BaseCommand {
  static override summary = 'fine-tune a model on a data set'
  static override description =
    'Local models are trained here and now, from nothing. Ctrl-C saves a checkpoint; finetune:resume goes on from it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --model-name ada --dataset-name first --n-epochs 10',
    '<%= config.bin %> <%= command.id %> --dataset-name first --num-finetunes 3 --tag eval --detach',
    '<%= config.bin %> <%= command.id %> --training-file train.jsonl --dry-run',
  ]

  static override flags = {
    ...finetuneFlags,
    ...trainingMachineFlags,
    detach: Flags.boolean({
      default: false,
      summary: 'train in the background; runs:list and finetune:watch show how it goes',
    }),
    follow: Flags.boolean({ default: false, exclusive: ['detach'], summary: 'stay until the end (default)' }),
    'dry-run': Flags.boolean({
      aliases: ['dry_run'],
      default: false,
      summary: 'say what it would take, and stop',
    }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask before money is spent' }),
  }

  async run(): Promise<FinetuneStartResult> {
    const { flags } = await this.parse(FinetuneStart)
    const store = new RunStore(this.home)
    const machine = machineOptions(flags)
    const provider = await openProvider(flags.provider, {
      store,
      ...machine,
      toolVersion: this.config.version,
    })
    const requests = await fineTuneRequests(finetuneOptions(flags))
    const estimate = await provider.estimate(requests[0]!)
    this.logToStderr(renderEstimate(requests, estimate))
    if (flags['dry-run']) return { runs: [], failures: [], estimate }
    if (estimate.costUsd !== 0) await this.confirm(`Start ${requests.length} fine-tunes?`, flags)

    const runs: RunRecord[] = []
    for (const request of requests) runs.push(await provider.create(request))
    const trained = flags.detach
      ? await trainDetached(this, { store, runs, ...machine })
      : await trainVisibly(this, { store, provider, runs, signal: this.interrupt })
    return { ...trained, estimate }
  }
}
