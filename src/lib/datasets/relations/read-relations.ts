import { resolve } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import type { RelationMaterial } from '../../schemas/relation.ts'
import { relationSchema } from '../../schemas/relation.ts'
import { InputError } from '../../support/errors.ts'
import { readTextFile, sha256 } from '../../support/files.ts'
import { refuseFaults } from '../fact-faults.ts'
import { shippedFile } from '../shipped.ts'
import { faultsInNames, faultsInRelation } from './relation-faults.ts'

/** The relations that ship with the tool. */
export const RELATIONS = ['parents', 'authors', 'companies', 'cities'] as const
export type RelationName = (typeof RELATIONS)[number]

const check = schemaCheck(relationSchema)

/**
 * Reads relations that ship with the tool, then those in the user's files. Throws one InputError for everything that is
 * wrong with them: BAD_RELATION, BAD_TEMPLATE, REPEATED_FACT.
 */
export async function readRelations({
  cwd,
  names,
  files = [],
}: {
  cwd: string
  names: readonly RelationName[]
  /** JSON files of the user's own. */
  files?: readonly string[] | undefined
}): Promise<{ relations: RelationMaterial[]; sources: NonNullable<DatasetManifest['facts']> }> {
  const wanted = [
    ...[...new Set(names)].map((name) => ({
      file: `${name}.json`,
      path: shippedFile(`relations/${name}.json`),
    })),
    ...files.map((file) => ({ file, path: resolve(cwd, file) })),
  ]
  const read = await Promise.all(
    wanted.map(async ({ file, path }) => {
      const text = await readTextFile(path)
      return { file, relation: parse(text, file), sha256: sha256(text) }
    }),
  )
  refuseFaults(read.flatMap(({ file, relation }) => faultsInRelation(relation, file)))
  const relations = read.map(({ relation }) => relation)
  const twice = relations.find(({ name }, index) => relations.findIndex((own) => own.name === name) < index)
  if (twice !== undefined) {
    throw new InputError(`Two relations are called ${twice.name}.`, { code: 'BAD_RELATION' })
  }
  refuseFaults(
    faultsInNames(
      relations.flatMap(({ facts }) => facts.flat()),
      'the relations together',
    ),
  )
  return {
    relations,
    sources: Object.fromEntries(read.map(({ relation, file, sha256 }) => [relation.name, { file, sha256 }])),
  }
}

function parse(text: string, file: string): RelationMaterial {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InputError(`${file} is not JSON: ${(error as Error).message}`, { code: 'BAD_RELATION' })
  }
  const problem = check(value)
  if (problem !== undefined) throw new InputError(`${file}: ${problem}.`, { code: 'BAD_RELATION' })
  return value as RelationMaterial
}
