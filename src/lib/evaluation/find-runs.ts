import type { RunRecord } from '../schemas/run.ts'
import { quoteWord } from '../support/command-line.ts'
import { InputError } from '../support/errors.ts'
import { nearest } from '../support/nearest.ts'
import type { RunStore } from '../tracking/run-store.ts'

export interface FindRunsOptions {
  store: RunStore
  /** Run IDs or unique starts of them, names of fine-tuned models. None: all runs with the tag. */
  references: readonly string[]
  tag: string
  /** No run with the tag is no error. */
  optional?: boolean
}

/** The runs on this machine that the user named, each once. Throws InputError if there is none or one is unknown. */
export async function findRuns(options: FindRunsOptions): Promise<RunRecord[]> {
  const { store, references, tag, optional = false } = options
  if (references.length > 0) {
    const known = await store.list()
    const named = await Promise.all(
      references.map((reference) => namedRun(known, reference) ?? store.get(reference)),
    )
    return [...new Map(named.map((run) => [run.id, run])).values()]
  }
  const all = await store.list()
  const runs = all.filter(({ tags }) => tags.includes(tag))
  if (runs.length === 0 && !optional) throw noTaggedRuns(tag, { runs: all, home: store.home })
  return runs
}

/** The run whose whole ID or fine-tuned model it is. */
export function namedRun(runs: readonly RunRecord[], reference: string): RunRecord | undefined {
  return runs.find(({ id, fine_tuned_model }) => [id, fine_tuned_model].includes(reference))
}

/** The error for a tag that none of the runs in `home` has. */
export function noTaggedRuns(
  tag: string,
  { runs, home }: { runs: readonly RunRecord[]; home: string },
): InputError {
  if (runs.length === 0) {
    return new InputError(`There are no runs in ${home} yet.`, {
      code: 'NO_TAGGED_RUNS',
      suggestions: [
        'train one: reversal finetune:start',
        'or change to the folder in which you started your runs: runs belong to a folder',
      ],
    })
  }
  const tags = [...new Set(runs.flatMap(({ tags: own }) => own))]
  const [guess] = nearest(tag, tags)
  return new InputError(`No run has the tag ${tag}.${hintTag(guess, tags)}`, {
    code: 'NO_TAGGED_RUNS',
    suggestions: [
      ...(tags.length === 0 ? [] : [`use an existing tag: --tag ${quoteWord(guess ?? tags[0]!)}`]),
      `tag one: reversal runs:tag RUN_ID ${quoteWord(tag)}`,
      'or give run IDs',
    ],
  })
}

/** Longer lists are not read. */
const MOST_TAGS = 8

function hintTag(guess: string | undefined, tags: readonly string[]): string {
  if (guess !== undefined) return ` Did you mean ${guess}?`
  if (tags.length === 0) return ' The runs here have no tags.'
  const shown = tags.slice(0, MOST_TAGS).join(', ')
  return ` The runs here have the ${tags.length === 1 ? 'tag' : 'tags'} ${shown}${tags.length > MOST_TAGS ? ' and others' : ''}.`
}
