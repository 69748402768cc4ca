import { basename } from 'node:path'
import { shortModelName } from '../engine/pretrained/names-pretrained.ts'
import { sha256 } from '../support/files.ts'
import { asFolderName } from '../support/folder-name.ts'

/**
 * A name whose parts say what was run. Settings of the user's own that have no name of theirs give a name of its own, so
 * that no other report is replaced.
 */
export function joinReportName({
  parts,
  datasetName,
  own,
  model,
}: {
  /** Of the experiment and its recipe; they can be a folder's name. */
  parts: readonly string[]
  datasetName: string | undefined
  /** Undefined where the user has not said it. */
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
