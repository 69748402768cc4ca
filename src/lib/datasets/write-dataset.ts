import { copyFile, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { schemaCheck } from '../schemas/compile.ts'
import type { DatasetManifest } from '../schemas/manifest.ts'
import { datasetManifestSchema } from '../schemas/manifest.ts'
import { hasErrorCode, InputError } from '../support/errors.ts'
import { countLines, sha256File, writeDirectoryAtomic, writeJson } from '../support/files.ts'
import { requireFolderName } from '../support/folder-name.ts'
import type { WrittenFile } from '../support/jsonl.ts'
import { writeJsonl } from '../support/jsonl.ts'
import { readRecord } from '../support/record.ts'
import { changedFiles } from './changed-files.ts'

export const MANIFEST_FILE = 'manifest.json'
const check = schemaCheck(datasetManifestSchema)

export interface DatasetPlace {
  cwd: string
  /** Where data sets of this kind go by default, such as `data/reverse_experiments`. */
  parent: string
  /** Name of the data set and of its directory. */
  name: string
  /** False if the tool chose the name; `outputDir` then takes precedence. */
  nameIsGiven: boolean
  /** The user's own place. */
  outputDir?: string | undefined
}

/**
 * The directory of a data set: `parent/name`, or `outputDir/name`, or `outputDir` itself if the user gave no name.
 * Throws InputError BAD_NAME unless the name is a plain folder name.
 */
export function datasetDirectory({ cwd, parent, name, nameIsGiven, outputDir }: DatasetPlace): string {
  requireFolderName(name, { suggestions: ['set the directory with --output-dir'] })
  if (outputDir === undefined) return resolve(cwd, parent, name)
  return nameIsGiven ? resolve(cwd, outputDir, name) : resolve(cwd, outputDir)
}

export interface WriteDatasetOptions {
  /** Absolute. */
  directory: string
  /** Records by file name without `.jsonl`. */
  files: Record<string, Iterable<unknown>>
  /** Files to copy unchanged: absolute paths by file name. */
  copies?: Record<string, string>
  manifest: Omit<DatasetManifest, 'name' | 'files' | 'tool_version' | 'created_at'>
  toolVersion: string
  /** Replace an existing data set. */
  overwrite: boolean
  now?: () => Date
}

export interface WrittenDataset {
  name: string
  directory: string
  /** True if the same files existed before; nothing was written. */
  unchanged: boolean
  manifest: DatasetManifest
}

/**
 * Writes a data set with its manifest, completely or not at all. Throws InputError DATASET_EXISTS if a different one
 * exists, or this one with files that have changed, and `overwrite` is not set; NOT_A_DATASET if the path is something else.
 */
export async function writeDataset(options: WriteDatasetOptions): Promise<WrittenDataset> {
  const { directory, files, toolVersion, overwrite, now = () => new Date() } = options
  const name = basename(directory)
  const before = await occupant(directory)
  let manifest: DatasetManifest | undefined
  try {
    await writeDirectoryAtomic(directory, async (temporary) => {
      const entries: [file: string, WrittenFile][] = []
      for (const [file, records] of Object.entries(files)) {
        const name = `${file}.jsonl`
        entries.push([name, await writeJsonl(join(temporary, name), records)] as const)
      }
      for (const [file, source] of Object.entries(options.copies ?? {})) {
        const path = join(temporary, file)
        await copyFile(source, path)
        entries.push([file, { lines: await countLines(path), sha256: await sha256File(path) }] as const)
      }
      manifest = {
        ...options.manifest,
        name,
        files: Object.fromEntries(entries),
        tool_version: toolVersion,
        created_at: now().toISOString(),
      }
      if (before !== undefined && sameFiles(before, manifest)) {
        const changed = await changedFiles(directory, before)
        if (changed.length === 0) throw new Unchanged()
        if (!overwrite) throw edited(directory, changed)
      }
      if (before !== undefined && !overwrite) throw occupied(directory)
      await writeJson(join(temporary, MANIFEST_FILE), manifest)
    })
  } catch (error) {
    if (error instanceof Unchanged && before) return { name, directory, unchanged: true, manifest: before }
    if (!hasErrorCode(error, 'ENOTEMPTY') && !hasErrorCode(error, 'EEXIST')) throw error
    throw new InputError(`${directory} was written by another command at the same time.`, {
      code: 'DATASET_EXISTS',
    })
  }
  return { name, directory, unchanged: false, manifest: manifest! }
}

/** The manifest of a data set; undefined if the directory has none. Throws InputError BAD_MANIFEST. */
export async function readManifest(directory: string): Promise<DatasetManifest | undefined> {
  return readRecord<DatasetManifest>(join(directory, MANIFEST_FILE), check, 'BAD_MANIFEST')
}

/** Cancels the writing of a directory without a trace. */
class Unchanged extends Error {}

/** The data set in the directory; undefined if the path does not exist. */
async function occupant(directory: string): Promise<DatasetManifest | undefined> {
  let entries: string[]
  try {
    entries = await readdir(directory)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    if (hasErrorCode(error, 'ENOTDIR')) throw notADataset(`${directory} is a file`)
    throw error
  }
  if (entries.length === 0) return undefined
  const manifest = await readManifest(directory)
  if (manifest === undefined) throw notADataset(`${directory} is not empty and has no ${MANIFEST_FILE}`)
  return manifest
}

function sameFiles(a: DatasetManifest, b: DatasetManifest): boolean {
  const names = Object.keys(a.files)
  return (
    names.length === Object.keys(b.files).length &&
    names.every((name) => a.files[name]?.sha256 === b.files[name]?.sha256)
  )
}

function edited(directory: string, changed: readonly string[]): InputError {
  return new InputError(
    `${directory} holds this data set, but ${changed.join(', ')} ${changed.length === 1 ? 'has' : 'have'} changed since it was written.`,
    {
      code: 'DATASET_EXISTS',
      suggestions: ['write it again: --overwrite', 'use another directory: --output-dir'],
    },
  )
}

function occupied(directory: string): InputError {
  return new InputError(`${directory} already holds another data set.`, {
    code: 'DATASET_EXISTS',
    suggestions: ['replace it: --overwrite', 'use another directory: --output-dir'],
  })
}

function notADataset(reason: string): InputError {
  return new InputError(`${reason}: it is not a data set, so nothing was written there.`, {
    code: 'NOT_A_DATASET',
    suggestions: ['use another directory: --output-dir'],
  })
}
