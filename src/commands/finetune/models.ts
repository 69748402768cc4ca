import { BaseCommand } from '../../cli/shell/base-command.ts'
import { readHubSettings } from '../../cli/shell/environment.ts'
import type { PluginFailure } from '../../cli/shell/extensions.ts'
import { loadExtensions } from '../../cli/shell/extensions.ts'
import { renderProviders } from '../../cli/text/providers.ts'
import type { ListedProvider } from '../../lib/finetuning/list-providers.ts'
import { listProviders } from '../../lib/finetuning/list-providers.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'

export interface FinetuneModelsResult {
  providers: ListedProvider[]
  failures: PluginFailure[]
}

export default class FinetuneModels extends BaseCommand {
  static override summary = 'list the fine-tuning providers and their models'
  static override description =
    'finetune:start takes the names as --provider and --model-name, and the options of a plugin’s provider as --provider-option KEY=VALUE. Works offline. Lists the pretrained models in Hugging Face’s cache and a few that can be downloaded, and the hosted models with a known price that have not been shut down.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<FinetuneModelsResult> {
    await this.parse(FinetuneModels)
    const { providers: registry, failures } = await loadExtensions(this.config)
    const options = {
      ...{ store: new RunStore(this.home), toolVersion: this.config.version },
      hub: readHubSettings,
    }
    const providers = await listProviders({ providers: registry, ...options })
    this.log(renderProviders(providers))
    return { providers, failures }
  }
}
