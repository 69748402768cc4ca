import { join } from 'node:path'
import { exists } from '../support/files.ts'
import type { Check } from '../support/jsonl.ts'
import { readJsonl } from '../support/jsonl.ts'
import type { Finding } from './finding.ts'
import { errorIn } from './finding.ts'

export interface ReadFilesOptions<Name extends string> {
  directory: string
  /** File names without `.jsonl`. */
  names: readonly Name[]
  /** The file that stands for a name, without `.jsonl`, where it is another one. */
  files?: Partial<Record<Name, string>>
  check: Check
  /** Files without any line are fine. */
  allowEmpty?: boolean
}

/** The records of a data set's files, or a finding for each file that is missing and each line that is no record. */
export async function readFiles<T, Name extends string>({
  directory,
  names,
  files = {},
  ...options
}: ReadFilesOptions<Name>): Promise<{ records: Record<Name, T[]>; findings: Finding[] }> {
  const findings: Finding[] = []
  const read = names.map(async (name) => {
    const file = `${(files as Partial<Record<Name, string>>)[name] ?? name}.jsonl`
    const path = join(directory, file)
    if (!(await exists(path))) {
      findings.push(errorIn(file, undefined, 'missing', 'is missing'))
      return [name, []] as const
    }
    const records = await readJsonl<T>(path, {
      ...options,
      onProblem: ({ line, message }) => findings.push(errorIn(file, line, 'record', message)),
    })
    return [name, records] as const
  })
  const records = Object.fromEntries(await Promise.all(read)) as Record<Name, T[]>
  findings.sort((a, b) => a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0))
  return { records, findings }
}
