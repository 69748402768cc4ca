import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import { parseOptionValues } from '../../schemas/option-values.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import { InputError } from '../../support/errors.ts'
import { readTextFile, sha256, sha256File } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { Registry } from '../../support/registry.ts'
import type { DatasetFacts } from '../dataset-facts.ts'
import type { DatasetKind } from '../dataset-kind.ts'
import type { FoundDataset } from '../find-dataset.ts'
import { findDataset, TRAINING_FILE } from '../find-dataset.ts'
import { hashDataset } from '../hash-dataset.ts'
import { plainKind } from '../plain-kind.ts'
import { factsOf, recognizeKind } from '../validate-dataset.ts'
import type { WrittenDataset } from '../write-dataset.ts'
import { datasetDirectory, readManifest, writeDataset } from '../write-dataset.ts'
import type { AppliedTransform } from './apply-transforms.ts'
import { applyTransforms } from './apply-transforms.ts'
import { TOLD_FILE } from './told-facts.ts'
import type { Transform } from './transform.ts'
import { inheritedFiles, keptFiles, UNTRANSFORMED_FILE } from './untransformed.ts'

export interface TransformDatasetOptions {
  cwd: string
  /** Name or directory of the data set to transform, or a JSONL file of training examples. */
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

/** Where data sets go that are made of a file alone. */
const PLAIN_FOLDER = 'data/plain'

/** What is transformed: a data set, or a file that becomes one. */
interface Source {
  name: string
  hash: string
  kind: DatasetKind
  manifest: DatasetManifest | undefined
  /** The folder in which the new data set goes. */
  parent: string
  /** The training file before all transforms, and those that the new data set has as they are: paths by name. */
  untransformed: string
  inherited: Readonly<Record<string, string>>
  facts: DatasetFacts
}

/**
 * Write a data set with the transformed training file and the same tests as its parent. It keeps the training
 * file from before all transforms, so that the directory explains itself. Transforming a transformed data set
 * continues from it: the record then lists all transforms since the first parent.
 */
export async function transformDataset(options: TransformDatasetOptions): Promise<WrittenDataset> {
  const { cwd, seed, datasetName, outputDir, registry } = options
  const source = await findSource(options)
  const { manifest, facts, untransformed: before, inherited } = source
  const { applied: added, files } = await keepFiles(chooseTransforms(options), options)
  const applied = [...(manifest?.transforms ?? []), ...added]
  const copies = { ...inherited, ...files }
  const { records, told } = await applyTransforms(
    await readJsonl<PromptCompletion>(before, { check }),
    applied,
    { registry, ...facts, readFile: (name) => readTextFile(copies[name] ?? name) },
  )

  return writeDataset({
    directory: datasetDirectory({
      ...{ cwd, outputDir, name: datasetName, nameIsGiven: true },
      parent: source.parent,
    }),
    files: {
      [basename(TRAINING_FILE, '.jsonl')]: records,
      ...(told.length > 0 && { [basename(TOLD_FILE, '.jsonl')]: told }),
    },
    copies: { ...copies, [UNTRANSFORMED_FILE]: before },
    overwrite: options.overwrite,
    toolVersion: options.toolVersion,
    manifest: {
      kind: source.kind.name,
      command: options.command,
      seed: manifest?.seed ?? seed,
      options: manifest?.options ?? {},
      ...(manifest?.facts && { facts: manifest.facts }),
      parent: { name: source.name, hash: source.hash },
      transforms: applied,
    },
  })
}

async function findSource({ cwd, source, kinds }: TransformDatasetOptions): Promise<Source> {
  const file = resolve(cwd, source)
  if ((await stat(file).catch(() => undefined))?.isFile()) {
    return {
      ...{ name: basename(file), hash: await sha256File(file), kind: plainKind, manifest: undefined },
      ...{ parent: resolve(cwd, PLAIN_FOLDER), untransformed: file, inherited: {}, facts: { facts: [] } },
    }
  }
  const found = await findDataset({ name: source, cwd })
  const { name, directory } = found
  const manifest = await readManifest(directory)
  const kind = await recognizeKind(directory, { manifest, kinds })
  const isTransform = (manifest?.transforms?.length ?? 0) > 0
  return {
    ...{ name, kind, manifest, hash: await hashDataset(directory), parent: dirname(directory) },
    untransformed: join(directory, isTransform ? UNTRANSFORMED_FILE : TRAINING_FILE),
    inherited: await inheritedBy(found, manifest),
    facts: await factsOf(kind, directory),
  }
}

async function inheritedBy({ directory }: FoundDataset, manifest: DatasetManifest | undefined) {
  const names = [...(await inheritedFiles(directory)), ...keptFiles(manifest?.transforms ?? [])]
  return Object.fromEntries(names.map((name) => [name, join(directory, name)]))
}

/**
 * Options that name files are changed to name the data set's copies, which are named by content: applying the
 * transforms again needs nothing else.
 */
async function keepFiles(
  chosen: readonly AppliedTransform[],
  { cwd, registry }: TransformDatasetOptions,
): Promise<{ applied: AppliedTransform[]; files: Record<string, string> }> {
  const files: Record<string, string> = {}
  const applied: AppliedTransform[] = []
  for (const transform of chosen) {
    const options = { ...transform.options }
    for (const option of registry.get(`${transform.plugin}/${transform.name}`).entry.files ?? []) {
      if (options[option] === undefined) continue
      const path = resolve(cwd, String(options[option]))
      const name = `${option}-${sha256(await readTextFile(path)).slice(0, 12)}.txt`
      files[name] = path
      options[option] = name
    }
    applied.push({ ...transform, options })
  }
  return { applied, files }
}

/** Each transform with its options and its own seed, so that no two draw the same numbers. */
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
    throw new InputError(
      `None of the transforms (${transforms.join(', ')}) has the option ${unused}. ${list}`,
      {
        code: 'BAD_OPTION',
      },
    )
  }
  return chosen.map(({ entry, plugin }, index) => {
    const own = options.options.filter((text) =>
      Object.hasOwn(entry.options.properties, text.split('=', 1)[0]!),
    )
    const values = parseOptionValues(own, { schema: entry.options, owner: entry.name })
    return { name: entry.name, plugin, options: values, seed: seed + index }
  })
}
