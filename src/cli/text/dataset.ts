import { join, relative, sep } from 'node:path'
import { DATA } from '../../lib/datasets/find-dataset.ts'
import type { WrittenDataset } from '../../lib/datasets/write-dataset.ts'
import { quoteWord } from '../../lib/support/command-line.ts'
import { formatCount } from '../../lib/support/numbers.ts'
import { renderTable } from './table.ts'

/** A data set for a person to read: its files with their numbers of lines, its path and what to do next. */
export function renderDataset({ name, directory, unchanged, manifest }: WrittenDataset): string {
  const table = renderTable(
    [{ head: 'file' }, { head: 'lines', align: 'right' }],
    Object.entries(manifest.files).map(([file, { lines }]) => [file, formatCount(lines)]),
  )
  return [
    unchanged ? `The data set ${name} already exists with the same files.` : `Wrote the data set ${name}.`,
    '',
    table,
    '',
    directory,
    `Train on it: reversal finetune:start --dataset-name ${quoteWord(shortName(directory))}`,
  ].join('\n')
}

/** How to refer to it from here: by name if it is in a folder of `data/`, else by path. */
function shortName(directory: string): string {
  const path = relative('', directory) || '.'
  const parts = path.split(sep)
  return parts.length === 3 && parts[0] === DATA ? parts[2]! : path
}

/** The command that makes a data set and what its files must be, in the form that `sha256sum --check` reads. */
export function renderTest({ directory, manifest }: WrittenDataset): string {
  const files = Object.entries(manifest.files).map(
    ([file, { sha256 }]) => `${sha256}  ${join(directory, file)}`,
  )
  return ['', `# ${manifest.command}`, ...files].join('\n')
}
