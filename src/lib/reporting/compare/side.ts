import { join } from 'node:path'
import { findRuns } from '../../evaluation/find-runs.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { EvaluationSummary, ScoredSample } from '../../schemas/evaluation.ts'
import { scoredSampleSchema } from '../../schemas/evaluation.ts'
import { InputError } from '../../support/errors.ts'
import { readJsonlBatches } from '../../support/jsonl.ts'
import { nearest } from '../../support/nearest.ts'
import { chooseEvaluations } from '../../tracking/choose-evaluations.ts'
import type { RunStore } from '../../tracking/run-store.ts'

/** One of two things to compare: an evaluation, or one split of it. */
export interface Side {
  /** As the user said it. */
  name: string
  summary: EvaluationSummary
  /** Where it is one split alone. */
  split: string | undefined
  /** Its splits that are not measured, and why. */
  unmeasured: { split: string; reason: string }[]
  samples: ComparedSample[]
}

/** What a comparison takes from a scored sample. */
export interface ComparedSample {
  split: string
  prompt: string
  target: string
  completion: string
  fact: string | undefined
  measures: ScoredSample['measures']
}

const check = schemaCheck(scoredSampleSchema)

/**
 * Open what a user names: `RUN`, or `RUN/SPLIT` for one split of its evaluation. Throws InputError where the run has no
 * complete evaluation by the evaluator, or where it has no such split.
 */
export async function openSide({
  store,
  reference,
  evaluator,
}: {
  store: RunStore
  reference: string
  evaluator: string
}): Promise<Side> {
  const { run: name, split } = parseReference(reference)
  const [run] = await findRuns({ store, references: [name], tag: '' })
  const { id } = run!
  const summary = chooseEvaluations(await store.evaluations(id)).find(
    (own) => own.evaluator.name === evaluator,
  )
  if (summary === undefined) {
    throw new InputError(`The run ${id} has no complete evaluation by ${evaluator}.`, {
      code: 'NOT_EVALUATED',
      suggestions: [`evaluate it: reversal eval:run ${id} --evaluator ${evaluator}`],
    })
  }
  const known = summary.splits.map((own) => own.split)
  if (split !== undefined && !known.includes(split)) {
    const [guess] = nearest(split, known)
    const hint = guess === undefined ? `It has ${known.join(', ')}.` : `Did you mean ${guess}?`
    throw new InputError(`The evaluation of ${id} has no split ${split}. ${hint}`, { code: 'SPLIT_UNKNOWN' })
  }
  const journal = join(store.evaluationsDirectory(id), summary.id, 'samples.jsonl')
  const samples = await readSamples(journal, split)
  const unmeasured = summary.splits.flatMap(({ split: own, not_measured: reason }) =>
    reason === undefined || (split !== undefined && own !== split) ? [] : [{ split: own, reason }],
  )
  return { name: reference, summary, split, unmeasured, samples: withoutAccuracy(samples, unmeasured) }
}

/** In a split that is not measured, the few right and wrong answers are a choice that nobody made. */
function withoutAccuracy(samples: ComparedSample[], unmeasured: Side['unmeasured']): ComparedSample[] {
  const splits = new Set(unmeasured.map(({ split }) => split))
  return samples.map((sample) => {
    if (!splits.has(sample.split)) return sample
    const measures = Object.entries(sample.measures).map(
      ([name, value]) => [name, name.endsWith('_match') ? null : value] as const,
    )
    return { ...sample, measures: Object.fromEntries(measures) }
  })
}

/** A split comes after the last slash, as no run has one in its ID; the names of fine-tuned models do (`local/ada:ID`). */
function parseReference(reference: string): { run: string; split?: string } {
  const slash = reference.lastIndexOf('/')
  const split = reference.slice(slash + 1)
  return slash <= 0 || split.includes(':') ? { run: reference } : { run: reference.slice(0, slash), split }
}

async function readSamples(journal: string, split: string | undefined): Promise<ComparedSample[]> {
  const samples: ComparedSample[] = []
  const lines = readJsonlBatches<ScoredSample>(journal, { check, allowEmpty: true, journal: true })
  for await (const batch of lines) {
    for (const { measures, metadata, completions, ...sample } of batch) {
      if (split !== undefined && sample.split !== split) continue
      const { prompt, target } = sample
      const fact = typeof metadata?.fact === 'string' ? metadata.fact : undefined
      samples.push({ split: sample.split, prompt, target, completion: completions[0] ?? '', fact, measures })
    }
  }
  return samples
}
