import { createHash } from 'node:crypto'
import type { WrittenDataset } from '../write-dataset.ts'
import { datasetDirectory, writeDataset } from '../write-dataset.ts'
import type { FactFiles } from './facts.ts'
import { readReverseFacts } from './facts.ts'
import type { Fill, ReverseFiles, ReverseOptions } from './generate.ts'
import { generateReverseDataset } from './generate.ts'

/** Where data sets of experiment 1 go, in the working directory. */
const REVERSE_FOLDER = 'data/reverse_experiments'

export interface CreateReverseOptions extends ReverseOptions {
  cwd: string
  datasetName?: string | undefined
  outputDir?: string | undefined
  /** Files of the user's own in place of the shipped facts. */
  factFiles?: { [Kind in keyof FactFiles]?: string | undefined }
  /** How templates are filled; by default with name and description unchanged. */
  filling?: Filling | undefined
  overwrite: boolean
  /** The command that makes this data set, for its manifest. */
  command: string
  toolVersion: string
  now?: () => Date
}

/** A way to fill templates, and how it is recorded. */
export interface Filling {
  fill: Fill
  /** For the manifest: its options and results. */
  options: Record<string, unknown>
}

/** Writes the data set of experiment 1 (arXiv 2309.12288, section 2.1 and appendix B.1). */
export async function createReverseDataset(options: CreateReverseOptions): Promise<WrittenDataset> {
  const { examplesPerGroup, trainExamples, testExamples, seed, factFiles = {}, filling, command } = options
  const { facts, sources } = await readReverseFacts(factFiles)
  const counts = { examplesPerGroup, trainExamples, testExamples }
  const files = generateReverseDataset(facts, { ...counts, seed }, filling?.fill)
  const place = {
    parent: REVERSE_FOLDER,
    name:
      options.datasetName ??
      `n${examplesPerGroup}_train${trainExamples}_test${testExamples}_seed${seed}_${hashFiles(files).slice(0, 10)}`,
    nameIsGiven: options.datasetName !== undefined,
  }
  return writeDataset({
    ...options,
    files,
    directory: datasetDirectory({ ...options, ...place }),
    manifest: {
      kind: 'reverse',
      command,
      seed,
      options: {
        num_examples_per_group: examplesPerGroup,
        num_train_examples: trainExamples,
        num_test_examples: testExamples,
        ...filling?.options,
      },
      facts: sources,
    },
  })
}

/** SHA-256 of all records as one JSON text, in hexadecimal. */
function hashFiles(files: ReverseFiles): string {
  const hash = createHash('sha256')
  let start = '{'
  for (const [name, records] of Object.entries(files)) {
    hash.update(`${start}${JSON.stringify(name)}:[`)
    let between = ''
    for (const record of records) {
      hash.update(between + JSON.stringify(record))
      between = ','
    }
    hash.update(']')
    start = ','
  }
  return hash.update('}').digest('hex')
}
