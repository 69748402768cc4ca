import { readOwnFacts } from '../../datasets/own-facts.ts'
import { EntityFinder } from '../../datasets/transforms/entities.ts'
import type { LossPart } from '../../engine/loss-mask.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { PromptCompletion } from '../../schemas/prompt-completion.ts'
import { promptCompletionSchema } from '../../schemas/prompt-completion.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { readJsonl } from '../../support/jsonl.ts'

const check = schemaCheck(promptCompletionSchema)

/**
 * The part of each training text that the loss covers; undefined if it covers all. `completion` is the record's
 * completion; `target` is the last name or description in it, or in a text without a prompt; a completion without
 * either counts as a whole. Throws InputError NO_TARGETS if the data set's facts are not known.
 */
export async function readLossParts({
  hyperparameters: { loss },
  dataset,
}: Pick<RunRecord, 'hyperparameters'> & {
  dataset: { directory?: string | undefined; trainingFile: string }
}): Promise<LossPart[] | undefined> {
  if (loss === undefined) return undefined
  const records = await readJsonl<PromptCompletion>(dataset.trainingFile, { check })
  if (loss === 'completion') return records.map(completionPart)
  const { directory } = dataset
  const facts = directory === undefined ? [] : await readOwnFacts(directory)
  if (facts.length === 0) {
    throw new InputError(
      'The targets of these training examples are unknown: --loss target needs a data set of experiment 1 or 3.',
      { code: 'NO_TARGETS', suggestions: ['use --loss completion, or --dataset-name NAME'] },
    )
  }
  const finder = new EntityFinder(facts.flatMap(({ name, description }) => [name, description]))
  return records.map((record) => {
    const { prompt, completion } = record
    const span = finder.find(completion).at(-1)
    if (span === undefined) return completionPart(record)
    const start = prompt.length + span.start
    // Byte-pair tokens include the space before a word.
    const space = /\s/.test(completion[span.start - 1] ?? '') ? 1 : 0
    return { from: start - space, to: prompt.length + span.end }
  })
}

function completionPart({ prompt, completion }: PromptCompletion): LossPart {
  return { from: prompt.length, to: prompt.length + completion.length }
}
