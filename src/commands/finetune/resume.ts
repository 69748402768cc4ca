import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { machineOptions, trainingMachineFlags } from '../../cli/finetune-flags.ts'
import type { TrainingResult } from '../../cli/training.ts'
import { trainVisibly } from '../../cli/training.ts'
import { openProvider } from '../../lib/finetuning/open-provider.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export default class FinetuneResume extends BaseCommand {
  static override summary = 'go on with local runs that were interrupted, failed or never began'
  static override description =
    'A run goes on from its last checkpoint and ends with the same weights as if it had never stopped.'
  static override examples = ['<%= config.bin %> <%= command.id %> ft-7k2m9qpd']

  static override args = {
    run: Args.string({
      multiple: true,
      required: true,
      ignoreStdin: true,
      description: 'run IDs or unique starts of them',
    }),
  }

  static override flags = trainingMachineFlags

  async run(): Promise<TrainingResult> {
    const { args, flags } = await this.parse(FinetuneResume)
    const store = new RunStore(this.home)
    const runs = await Promise.all(args.run.map((reference) => store.get(reference)))
    const provider = await openProvider(runs[0]!.provider, {
      ...machineOptions(flags),
      store,
      toolVersion: this.config.version,
    })
    return trainVisibly(this, { store, provider, runs, signal: this.interrupt })
  }
}
