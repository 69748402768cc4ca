import { join } from 'node:path'
import { exists } from '../../support/files.ts'

/** The file of facts, which only data sets of relations have; without `.jsonl`. */
export const FACTS_FILE = 'relation_facts'

/** Sentences about second and third parts, if these are trained; without `.jsonl`. */
export const HOPS_FILE = 'hop_prompts_train'

/** True for a directory that holds a data set of relations. */
export function isRelationDataset(directory: string): Promise<boolean> {
  return exists(join(directory, `${FACTS_FILE}.jsonl`))
}
