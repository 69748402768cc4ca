import { join } from 'node:path'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import { sha256 } from '../../support/files.ts'
import { seconds, toldPath } from './describe-run.ts'
import type { RunContent } from './run-content.ts'

/** The ID of the W&B run that holds a data set: the same for the same files. */
export function datasetRunName({ kind, files }: DatasetManifest): string {
  return `dataset-${sha256(JSON.stringify([kind, files])).slice(0, 12)}`
}

/** A data set as the original's scripts wrote it: a run of job type `dataset` with its options and files. */
export function describeDataset({
  directory,
  manifest,
  cwd,
}: {
  directory: string
  manifest: DatasetManifest
  cwd: string
}): RunContent {
  const { kind, name, seed, options, command, files, notes, tool_version, created_at } = manifest
  const paths = Object.keys(files).map((file) => [
    file.replace(/\.jsonl$/, ''),
    toldPath(join(directory, file), cwd),
  ])
  return {
    name: datasetRunName(manifest),
    displayName: name,
    jobType: 'dataset',
    notes,
    config: { task: kind, seed, ...options, command, tool_version },
    records: [
      {
        key: 'files',
        timestamp: seconds(created_at),
        runtime: 0,
        metrics: Object.fromEntries(paths),
        summary: {},
      },
    ],
    files: Object.entries(files).map(([file, entry]) => ({
      name: `${name}/${file}`,
      sha256: entry.sha256,
      content: { path: join(directory, file) },
    })),
    exitCode: 0,
  }
}
