import { basename } from 'node:path'
import { shortModelName } from '../engine/pretrained/names-pretrained.ts'
import { sha256 } from '../support/files.ts'
import { asFolderName } from '../support/folder-name.ts'

/**
 * A name whose parts say what was run. Settings that have no part of their own add a hash, so that no other report is
 * replaced.
 */
export function joinReportName({
  parts,
  datasetName,
  own,
  model,
}: {
  /** Names of the experiment and its recipe, valid in a folder name. */
  parts: readonly string[]
  datasetName: string | undefined
  /** The user's own settings; undefined if not given. */
  own: Readonly<Record<string, unknown>>
  model: string
}): string {
  const said = Object.entries(own).filter(([, value]) => value !== undefined)
  return [
    ...parts,
    ...(datasetName === undefined ? [] : [asFolderName(basename(datasetName))]),
    ...(said.length === 0 ? [] : [`own-${sha256(JSON.stringify(said)).slice(0, 6)}`]),
    ...(model === 'ada' ? [] : [asFolderName(shortModelName(model))]),
  ].join('-')
}
