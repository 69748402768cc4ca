import { join } from 'node:path'
import { namesPretrained, shortModelName } from '../../engine/pretrained/names-pretrained.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { ProviderDescriptor } from '../provider.ts'

const NAME = 'local'
/** Prefix of the names of its models. */
const PREFIX = `${NAME}/`

const modelDirectory = (directory: string) => join(directory, 'model')

/** Flags of finetune:start for pretrained models. */
const PRETRAINED_FLAGS = ['method', 'lora-rank', 'lora-alpha', 'lora-targets']

/** Flags for the length of a training and the texts that the loss covers. */
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

/** The name of a run's model, such as `local/ada:my-suffix:ft-7k2m9qpd`. */
export function localModelName({
  id,
  model,
  suffix,
}: Pick<RunRecord, 'id' | 'model'> & { suffix?: string }): string {
  return PREFIX + [shortModelName(model), suffix, id].filter((part) => part !== undefined).join(':')
}
