import { basename, dirname, join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import { parseOptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { Registry } from '../../support/registry.ts'
import type { DatasetKind } from '../dataset-kind.ts'
import { findDataset, TRAINING_FILE } from '../find-dataset.ts'
import { hashDataset } from '../hash-dataset.ts'
import { recognizeKind } from '../validate-dataset.ts'
import type { WrittenDataset } from '../write-dataset.ts'
import { datasetDirectory, readManifest, writeDataset } from '../write-dataset.ts'
import type { AppliedTransform } from './apply-transforms.ts'
import { applyTransforms } from './apply-transforms.ts'
import type { Transform } from './transform.ts'
import { inheritedFiles, UNTRANSFORMED_FILE } from './untransformed.ts'

export interface TransformDatasetOptions {
  cwd: string
  /** Name or directory of the data set to transform. */
  source: string
  /** Names of transforms, in the order in which they are applied. */
  transforms: readonly string[]
  /** `KEY=VALUE` texts; each goes to every transform of the list that has such an option. */
  options: readonly string[]
  seed: number
  datasetName: string
  outputDir?: string | undefined
  overwrite: boolean
  /** The command that makes this data set, for its manifest. */
  command: string
  toolVersion: string
  kinds: Registry<DatasetKind>
  registry: Registry<Transform>
}

const check = schemaCheck(promptCompletionSchema)

/**
 * Write a data set that trains on the transform of another's training file and tests what that one tests. The training
 * file as it was before all transforms lies beside it, so that the directory explains itself. Transforming a data set
 * that is a transform already goes on from its own: the record then lists all transforms from the first parent on.
 */
export async function transformDataset(options: TransformDatasetOptions): Promise<WrittenDataset> {
  const { cwd, seed, datasetName, outputDir, registry } = options
  const source = await findDataset({ name: options.source, cwd })
  const manifest = await readManifest(source.directory)
  const kind = await recognizeKind(source.directory, { manifest, kinds: options.kinds })
  const earlier = manifest?.transforms ?? []
  const added = chooseTransforms(options)
  const applied = [...earlier, ...added]

  const before = join(source.directory, earlier.length === 0 ? TRAINING_FILE : UNTRANSFORMED_FILE)
  const untransformed = await readJsonl<PromptCompletion>(before, { check })
  const inherited = await inheritedFiles(source.directory)

  return writeDataset({
    directory: datasetDirectory({
      ...{ cwd, outputDir, name: datasetName, nameIsGiven: true },
      parent: dirname(source.directory),
    }),
    files: { [basename(TRAINING_FILE, '.jsonl')]: await applyTransforms(untransformed, applied, registry) },
    copies: {
      ...Object.fromEntries(inherited.map((name) => [name, join(source.directory, name)])),
      [UNTRANSFORMED_FILE]: before,
    },
    overwrite: options.overwrite,
    toolVersion: options.toolVersion,
    manifest: {
      kind: kind.name,
      command: options.command,
      seed: manifest?.seed ?? seed,
      options: manifest?.options ?? {},
      ...(manifest?.facts && { facts: manifest.facts }),
      parent: { name: source.name, hash: await hashDataset(source.directory) },
      transforms: applied,
    },
  })
}

/** Each transform with its own options and a seed of its own, so that no two draw the same numbers. */
function chooseTransforms(options: TransformDatasetOptions): AppliedTransform[] {
  const { transforms, seed, registry } = options
  const chosen = transforms.map((name) => registry.get(name))
  const unused = options.options.find((text) => {
    const [key = ''] = text.split('=', 1)
    return !chosen.some(({ entry }) => Object.hasOwn(entry.options.properties, key))
  })
  if (unused !== undefined) {
    const known = chosen.flatMap(({ entry }) => Object.keys(entry.options.properties))
    const list = known.length === 0 ? 'They take none.' : `They take ${known.join(', ')}.`
    throw new InputError(`No transform of ${transforms.join(', ')} has the option ${unused}. ${list}`, {
      code: 'BAD_OPTION',
    })
  }
  return chosen.map(({ entry, plugin }, index) => {
    const own = options.options.filter((text) =>
      Object.hasOwn(entry.options.properties, text.split('=', 1)[0]!),
    )
    const values = parseOptionValues(own, { schema: entry.options, owner: entry.name })
    return { name: entry.name, plugin, options: values, seed: seed + index }
  })
}
