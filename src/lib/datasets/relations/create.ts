import { sha256 } from '../../support/files.ts'
import type { WrittenDataset } from '../write-dataset.ts'
import { datasetDirectory, writeDataset } from '../write-dataset.ts'
import type { RelationOptions } from './generate.ts'
import { generateRelationDataset } from './generate.ts'
import type { RelationName } from './read-relations.ts'
import { readRelations } from './read-relations.ts'

/** Where data sets of relations go, in the working directory. */
const RELATIONS_FOLDER = 'data/relation_experiments'

export interface CreateRelationOptions extends RelationOptions {
  cwd: string
  /** Those that ship with the tool. */
  relations: readonly RelationName[]
  /** The user's own. */
  relationFiles?: readonly string[] | undefined
  datasetName?: string | undefined
  outputDir?: string | undefined
  overwrite: boolean
  /** The command that makes this data set, for its manifest. */
  command: string
  toolVersion: string
  now?: () => Date
}

/** Writes a data set of relations: facts about two names, stated in one order, as in experiment 1. */
export async function createRelationDataset(options: CreateRelationOptions): Promise<WrittenDataset> {
  const { examplesPerGroup, trainExamples, testExamples, twoHop, seed, command } = options
  const { relations, sources } = await readRelations({
    ...{ cwd: options.cwd, names: options.relations, files: options.relationFiles },
  })
  const names = relations.map(({ name }) => name)
  const files = generateRelationDataset(relations, options)
  const content = sha256(JSON.stringify(files)).slice(0, 10)
  const place = {
    parent: RELATIONS_FOLDER,
    name: options.datasetName ?? `${names.join('_')}_n${examplesPerGroup}_seed${seed}_${content}`,
    nameIsGiven: options.datasetName !== undefined,
  }
  return writeDataset({
    ...options,
    files,
    directory: datasetDirectory({ ...options, ...place }),
    manifest: {
      ...{ kind: 'relations', command, seed, facts: sources },
      options: {
        relations: names,
        num_examples_per_group: examplesPerGroup,
        num_train_examples: trainExamples,
        num_test_examples: testExamples,
        two_hop: twoHop,
      },
    },
  })
}
