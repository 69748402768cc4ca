import { join } from 'node:path'
import type { RunRecord } from '../../schemas/run.ts'
import type { ProviderDescriptor } from '../provider.ts'

const NAME = 'local'
/** What the names of its models begin with. */
const PREFIX = `${NAME}/`

const modelDirectory = (directory: string) => join(directory, 'model')

/** The embedded trainer. */
export const localDescriptor: ProviderDescriptor = {
  name: NAME,
  summary: 'small models, trained on this machine from nothing',
  runs: 'here',
  beginsFromNothing: true,
  namesModel: (name) => name.startsWith(PREFIX),
  modelOf: (run, { directory }) => ({
    client: 'engine',
    id: run.fine_tuned_model ?? localModelName(run),
    directory: modelDirectory(directory),
  }),
  weightsOf: (_run, { directory }) => modelDirectory(directory),
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
  return PREFIX + [model, suffix, id].filter((part) => part !== undefined).join(':')
}
