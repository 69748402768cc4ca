import { clusterFinetuneFlags, clusterOptions } from '../../cli/flags/cluster-finetune.ts'
import { providerFlag } from '../../cli/flags/finetune.ts'
import { BaseCommand } from '../../cli/shell/base-command.ts'
import { readHubSettings } from '../../cli/shell/environment.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { renderDiagnoses } from '../../cli/text/diagnoses.ts'
import { chooseProvider, openProvider } from '../../lib/finetuning/open-provider.ts'
import type { Diagnosis } from '../../lib/finetuning/provider.ts'
import { EXIT } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

const { python, engine, 'ray-address': rayAddress, 'slurm-host': slurmHost } = clusterFinetuneFlags

export interface FinetuneDoctorResult {
  provider: string
  diagnoses: Diagnosis[]
}

export default class FinetuneDoctor extends BaseCommand {
  static override summary = 'check what a provider needs, and say how to get what is missing'
  static override description = 'The exit code is 1 if something that every training needs is missing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --provider trl',
    '<%= config.bin %> <%= command.id %> --provider trl --python ~/trl/bin/python',
    '<%= config.bin %> <%= command.id %> --provider trl --engine ray --ray-address http://127.0.0.1:8265',
  ]

  static override flags = {
    provider: providerFlag(),
    ...{ python, engine, 'ray-address': rayAddress, 'slurm-host': slurmHost },
  }

  async run(): Promise<FinetuneDoctorResult> {
    const { flags } = await this.parse(FinetuneDoctor)
    const { providers } = await loadExtensions(this.config)
    const chosen = chooseProvider(providers, flags.provider)
    await using provider = await openProvider(chosen, {
      store: new RunStore(this.home),
      hub: readHubSettings,
      cluster: await clusterOptions(flags),
      toolVersion: this.config.version,
    })
    const diagnoses = (await provider.diagnose?.({ signal: this.interrupt })) ?? []
    this.log(renderDiagnoses(provider.name, diagnoses))
    if (diagnoses.some(({ ok, needed }) => needed && !ok)) process.exitCode = EXIT.failed
    return { provider: provider.name, diagnoses }
  }
}
