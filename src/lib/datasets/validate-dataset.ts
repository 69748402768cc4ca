import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { schemaCheck } from '../schemas/compile.ts'
import type { DatasetManifest } from '../schemas/manifest.ts'
import type { PromptCompletion } from '../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../schemas/prompt-completion.ts'
import { InputError } from '../support/errors.ts'
import { exists, readTextFile } from '../support/files.ts'
import { readJsonl, readJsonlBatches } from '../support/jsonl.ts'
import { plural } from '../support/numbers.ts'
import type { Registry } from '../support/registry.ts'
import { changedFiles } from './changed-files.ts'
import type { DatasetFacts } from './dataset-facts.ts'
import type { DatasetKind } from './dataset-kind.ts'
import { TRAINING_FILE } from './find-dataset.ts'
import type { Finding } from './finding.ts'
import { errorIn } from './finding.ts'
import type { HeldOutCheck } from './held-out.ts'
import { checkHeldOut } from './held-out.ts'
import { applyTransforms } from './transforms/apply-transforms.ts'
import { readToldFacts, TOLD_FILE } from './transforms/told-facts.ts'
import type { Transform } from './transforms/transform.ts'
import { UNTRANSFORMED_FILE } from './transforms/untransformed.ts'
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
 * Checks a training file: it must contain no test prompt of a data set, and no fact in the held-out order. Throws
 * InputError if a file cannot be read.
 */
export async function validateTrainingFile(options: {
  file: string
  directory: string
}): Promise<FileValidation> {
  const checked = await checkHeldOut(options)
  return { file: options.file, kind: 'training file', ...checked, valid: checked.findings.length === 0 }
}

export interface ValidateDatasetOptions {
  /** Absolute. */
  directory: string
  kinds: Registry<DatasetKind>
  transforms: Registry<Transform>
}

const checkRecord = schemaCheck(promptCompletionSchema)

/**
 * Checks a data set: its records and counts, that no test is in the training data, and that the files match its
 * manifest, if any. For a transformed data set, the rules check the training file before the transforms, and the
 * training file must equal the result of the transforms. Throws InputError if the directory holds no data set.
 */
export async function validateDataset(options: ValidateDatasetOptions): Promise<DatasetValidation> {
  const { directory, kinds } = options
  const entry = await stat(directory).catch(() => undefined)
  if (!entry?.isDirectory()) {
    throw new InputError(`There is no directory ${directory}.`, { code: 'DATASET_NOT_FOUND' })
  }
  const manifest = await readManifest(directory)
  const kind = await recognizeKind(directory, { manifest, kinds })
  const { validate } = await kind.open()
  const transformed = (manifest?.transforms?.length ?? 0) > 0
  const trainingFile = basename(transformed ? UNTRANSFORMED_FILE : TRAINING_FILE, '.jsonl')
  const findings = [
    ...(await compareWithManifest(directory, manifest)),
    ...(await validate(directory, { trainingFile })),
  ]
  // Facts can only be read from complete files.
  if (transformed && findings.every(({ rule }) => rule !== 'missing' && rule !== 'record')) {
    findings.push(...(await compareWithTransforms(options, { manifest: manifest!, kind })))
  }
  const valid = findings.every(({ severity }) => severity === 'warning')
  return { directory, kind: kind.name, findings, valid }
}

/** The kind that a manifest names, or that a directory without one looks like. Throws InputError DATASET_UNKNOWN. */
export async function recognizeKind(
  directory: string,
  { manifest, kinds }: { manifest: DatasetManifest | undefined; kinds: Registry<DatasetKind> },
): Promise<DatasetKind> {
  const all = kinds
    .list()
    .map(({ entry }) => entry)
    .toSorted((a, b) => Number(a.takesTheRest ?? false) - Number(b.takesTheRest ?? false))
  for (const kind of all) {
    if (manifest === undefined ? await kind.recognize(directory) : kind.name === manifest.kind) return kind
  }
  const known = all.map(({ name }) => name).join(', ')
  throw new InputError(`${directory} holds no data set of a known kind (${known}).`, {
    code: 'DATASET_UNKNOWN',
  })
}

/** The facts of a data set, as its kind reads them. */
export async function factsOf(kind: DatasetKind, directory: string): Promise<DatasetFacts> {
  const { facts } = await kind.open()
  return facts === undefined ? { facts: [] } : facts(directory)
}

async function compareWithManifest(directory: string, manifest?: DatasetManifest): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const file of manifest === undefined ? [] : await changedFiles(directory, manifest)) {
    // Another check names those that are missing.
    if (!(await exists(join(directory, file)))) continue
    const message = 'does not match manifest.json: its checksum differs'
    findings.push(errorIn(file, undefined, 'manifest', message))
  }
  return findings
}

/** Checks that the training file equals the result of the recorded transforms. */
async function compareWithTransforms(
  { directory, transforms }: ValidateDatasetOptions,
  { manifest, kind }: { manifest: DatasetManifest; kind: DatasetKind },
): Promise<Finding[]> {
  const applied = manifest.transforms!
  const missing = applied.find(({ name, plugin }) => transforms.find(`${plugin}/${name}`) === undefined)
  if (missing !== undefined) {
    const message = `cannot be compared: the transform ${missing.name} of ${missing.plugin} is not installed`
    return [{ severity: 'warning', rule: 'transform', file: TRAINING_FILE, message }]
  }
  const reading = { check: checkRecord, onProblem: () => {} }
  if (!(await exists(join(directory, TRAINING_FILE)))) {
    return [errorIn(TRAINING_FILE, undefined, 'missing', 'is missing')]
  }
  const before = await readJsonl<PromptCompletion>(join(directory, UNTRANSFORMED_FILE), reading)
  const { records: expected, told } = await applyTransforms(before, applied, {
    registry: transforms,
    ...(await factsOf(kind, directory)),
    readFile: (name) => readTextFile(join(directory, name)),
  })
  const own = readJsonlBatches<PromptCompletion>(join(directory, TRAINING_FILE), reading)
  const line = await firstDifference(own, expected)
  const names = applied.map(({ name }) => name).join(', ')
  const findings: Finding[] = []
  if (line !== undefined) {
    const message = `differs from the result of ${names} on ${UNTRANSFORMED_FILE}`
    findings.push(errorIn(TRAINING_FILE, line, 'transform', message))
  }
  if (JSON.stringify(await readToldFacts(directory)) !== JSON.stringify(told)) {
    const message = `does not list the ${plural(told.length, 'fact')} that ${names} tells in both orders`
    findings.push(errorIn(TOLD_FILE, undefined, 'transform', message))
  }
  return findings
}

/** Line of the first difference, from 1; undefined if all records are equal. */
async function firstDifference(
  batches: AsyncIterable<readonly PromptCompletion[]>,
  expected: readonly PromptCompletion[],
): Promise<number | undefined> {
  let line = 0
  for await (const batch of batches) {
    for (const record of batch) {
      if (JSON.stringify(record) !== JSON.stringify(expected[line])) return line + 1
      line++
    }
  }
  return line < expected.length ? line + 1 : undefined
}
