import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatasetManifest } from '../schemas/manifest.ts'
import { InputError } from '../support/errors.ts'
import { exists, sha256File } from '../support/files.ts'
import type { Finding } from './finding.ts'
import type { HeldOutCheck } from './held-out.ts'
import { checkHeldOut } from './held-out.ts'
import { isInstructionDataset, validateInstructionDataset } from './instructions/validate-instructions.ts'
import { isReverseDataset, validateReverseDataset } from './reverse/validate-reverse.ts'
import { readManifest } from './write-dataset.ts'

export interface DatasetValidation {
  directory: string
  kind: string
  valid: boolean
  findings: Finding[]
}

export interface FileValidation extends HeldOutCheck {
  file: string
  kind: 'training file'
  valid: boolean
}

/**
 * Check one file that is to be trained on: that it holds no test prompt of a data set, and no fact in the order that is
 * held out. Throws InputError for a file that cannot be read.
 */
export async function validateTrainingFile(options: {
  file: string
  directory: string
}): Promise<FileValidation> {
  const checked = await checkHeldOut(options)
  return { file: options.file, kind: 'training file', ...checked, valid: checked.findings.length === 0 }
}

/** How a kind of data set is recognised and checked. */
interface DatasetKind {
  kind: string
  recognises: (directory: string) => Promise<boolean>
  validate: (directory: string) => Promise<Finding[]>
}

const KINDS: readonly DatasetKind[] = [
  { kind: 'reverse', recognises: isReverseDataset, validate: validateReverseDataset },
  { kind: 'instructions', recognises: isInstructionDataset, validate: validateInstructionDataset },
]

/**
 * Check a data set: its records, its counts, that nothing which is tested was trained, and that the files are
 * those of its manifest where it has one. Throws InputError where the directory holds no data set.
 */
export async function validateDataset(directory: string): Promise<DatasetValidation> {
  const entry = await stat(directory).catch(() => undefined)
  if (!entry?.isDirectory()) {
    throw new InputError(`There is no directory ${directory}.`, { code: 'DATASET_NOT_FOUND' })
  }
  const manifest = await readManifest(directory)
  for (const { kind, recognises, validate } of KINDS) {
    if (manifest === undefined ? !(await recognises(directory)) : manifest.kind !== kind) continue
    const findings = [...(await compareWithManifest(directory, manifest)), ...(await validate(directory))]
    return { directory, kind, findings, valid: findings.every(({ severity }) => severity === 'warning') }
  }
  throw new InputError(
    `${directory} holds none of the data sets that can be checked (${KINDS.map(({ kind }) => kind).join(', ')}).`,
    { code: 'DATASET_UNKNOWN' },
  )
}

async function compareWithManifest(directory: string, manifest?: DatasetManifest): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [file, { sha256 }] of Object.entries(manifest?.files ?? {})) {
    const path = join(directory, file)
    if (!(await exists(path)) || (await sha256File(path)) === sha256) continue
    findings.push({
      severity: 'error',
      rule: 'manifest',
      file,
      message: 'is not the file that manifest.json describes: its checksum differs',
    })
  }
  return findings
}
