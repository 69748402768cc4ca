import { join } from 'node:path'
import { namesPretrained, shortModelName } from '../../engine/pretrained/names-pretrained.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { ProviderDescriptor } from '../provider.ts'

const NAME = 'local'
/** What the names of its models begin with. */
const PREFIX = `${NAME}/`

const modelDirectory = (directory: string) => join(directory, 'model')

/** Flags of finetune:start that say how a pretrained model is trained. */
const PRETRAINED_FLAGS = ['method', 'lora-rank', 'lora-alpha', 'lora-targets']

/** Flags that say how much is trained, and what of it counts. */
const EXTENT_FLAGS = ['token-budget', 'compute-budget', 'loss']

/** The embedded trainer. */
export const localDescriptor: ProviderDescriptor = {
  name: NAME,
  summary:
    'models trained on this machine: small ones from scratch, or pretrained Llama, Qwen2.5, Qwen3 and GPT-2 models, given as hf:ORG/NAME[@REVISION], FOLDER or FILE.gguf',
  runs: 'here',
  beginsFromNothing: true,
  namesPretrained,
  flags: [...PRETRAINED_FLAGS, ...EXTENT_FLAGS, 'objective'],
  namesModel: (name) => name.startsWith(PREFIX),
  modelOf: (run, { directory }) => ({
    client: 'engine',
    id: run.fine_tuned_model ?? localModelName(run),
    directory: modelDirectory(directory),
  }),
  weightsOf: (_run, { directory }) => modelDirectory(directory),
  flagsOf: ({ hyperparameters: { method, lora_targets: targets, objective, loss } }) => ({
    ...(objective !== undefined && { objective }),
    ...(loss !== undefined && { loss }),
    ...(typeof method === 'string' && { method }),
    ...(typeof targets === 'string' && { 'lora-targets': targets }),
  }),
  async open(options) {
    const { LocalProvider } = await import('./provider.ts')
    return new LocalProvider(options)
  },
}

/** The name under which a run's model is used, such as `local/ada:my-suffix:ft-7k2m9qpd`. */
export function localModelName({
  id,
  model,
  suffix,
}: Pick<RunRecord, 'id' | 'model'> & { suffix?: string }): string {
  return PREFIX + [shortModelName(model), suffix, id].filter((part) => part !== undefined).join(':')
}
