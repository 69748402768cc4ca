import { join } from 'node:path'
import { exists } from '../support/files.ts'
import type { Check, JsonlProblem } from '../support/jsonl.ts'
import { readJsonlBatches } from '../support/jsonl.ts'
import type { Finding } from './finding.ts'
import { errorIn } from './finding.ts'

export interface ReadFilesOptions<Name extends string> {
  directory: string
  /** File names without `.jsonl`. */
  names: readonly Name[]
  /** Files to read in place of those with these names, without `.jsonl`. */
  files?: Partial<Record<Name, string>>
  check: Check
  /** Files without any line are fine. */
  allowEmpty?: boolean
}

/**
 * Reads a data set's files, one after another in the order of `names`, and passes each valid record to `visit`. Returns
 * a finding for each missing file and each invalid line.
 */
export async function visitFiles<T, Name extends string>({
  directory,
  names,
  files = {},
  visit,
  ...options
}: ReadFilesOptions<Name> & { visit?: (record: T, name: Name) => void }): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of names) {
    const file = `${(files as Partial<Record<Name, string>>)[name] ?? name}.jsonl`
    const path = join(directory, file)
    if (!(await exists(path))) {
      findings.push(errorIn(file, undefined, 'missing', 'is missing'))
      continue
    }
    const onProblem = ({ line, message }: JsonlProblem) =>
      findings.push(errorIn(file, line, 'record', message))
    for await (const batch of readJsonlBatches<T>(path, { ...options, onProblem })) {
      for (const record of batch) visit?.(record, name)
    }
  }
  return findings.toSorted((a, b) => a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0))
}

/** The records of a data set's files, or findings as `visitFiles` returns them. */
export async function readFiles<T, Name extends string>(
  options: ReadFilesOptions<Name>,
): Promise<{ records: Record<Name, T[]>; findings: Finding[] }> {
  const empty = options.names.map((name) => [name, [] as T[]] as const)
  const records = Object.fromEntries(empty) as unknown as Record<Name, T[]>
  const visit = (record: T, name: Name) => records[name].push(record)
  return { records, findings: await visitFiles<T, Name>({ ...options, visit }) }
}
