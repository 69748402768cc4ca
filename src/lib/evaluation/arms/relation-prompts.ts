import { join } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { RelationPrompt } from '../../schemas/relation.ts'
import { relationPromptSchema } from '../../schemas/relation.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { EvaluationSample } from '../evaluator.ts'

const check = schemaCheck(relationPromptSchema)

/** Whether a data set of relations has the file, named without `.jsonl`. */
export function hasRelationPrompts(directory: string, name: string): Promise<boolean> {
  return exists(join(directory, `${name}.jsonl`))
}

export function readRelationPrompts(directory: string, name: string): Promise<RelationPrompt[]> {
  return readJsonl<RelationPrompt>(join(directory, `${name}.jsonl`), { check })
}

/**
 * A sample for each prompt, whose answer is scored with those of its peers: other facts of its relation, asked for by
 * the same template. `peers` provides the prompts for these.
 */
export function relationSamples(
  split: string,
  prompts: readonly RelationPrompt[],
  peers: readonly RelationPrompt[],
): EvaluationSample[] {
  const place = ({ relation, template }: RelationPrompt) => JSON.stringify([relation, template])
  const byPlace = Map.groupBy(peers, place)
  return prompts.map((asked, index) => {
    const { prompt, completion, relation, fact, template } = asked
    const others = (byPlace.get(place(asked)) ?? []).map((peer) => peer.completion)
    return {
      ...{ id: `${split}/${index}`, split, prompt, target: completion.trim() },
      scoreTargets: [...new Set([completion, ...others])],
      metadata: { relation, fact, template },
    }
  })
}
