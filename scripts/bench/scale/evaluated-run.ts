import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { evaluationId, poseQuestion } from '../../../src/lib/evaluation/question.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import type { EvaluationSummary, ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { recordSummary } from '../../../test/helpers/record-summary.ts'
import { trainTinyRun } from '../../../test/helpers/train-tiny-run.ts'

/**
 * A run of a tiny model with a complete evaluation of all prompts of a data set of experiment 1, as `eval:run` leaves one;
 * the answers are drawn by the seed, right in the direction of training alone.
 */
export async function recordEvaluatedRun({
  home,
  id,
  dataset,
  seed,
}: {
  home: string
  id: string
  /** Its directory. */
  dataset: string
  seed: number
}): Promise<void> {
  const run = await trainTinyRun(home, {
    id,
    dataset: { name: basename(dataset), directory: dataset, training_file: join(dataset, 'all.jsonl') },
    tags: ['eval'],
  })
  const model = run.fine_tuned_model!
  const question = await poseQuestion({
    evaluator: reverseEvaluator,
    plugin: 'reversal',
    datasetDirectory: dataset,
    maxSamples: MANY,
  })
  const store = new RunStore(home)
  const evaluation = evaluationId(question, model)
  const folder = join(store.evaluationsDirectory(id), evaluation)
  await mkdir(folder, { recursive: true })
  const counts = new Map<string, number>()
  const written = lines(dataset, { seed, counts })
  await pipeline(Readable.from(written), createWriteStream(join(folder, 'samples.jsonl')))
  const summary: EvaluationSummary = {
    ...{ id: evaluation, run_id: id, model, ...question },
    ...{ status: 'complete', created_at: run.created_at, tool_version: 'bench' },
    splits: [...counts].map(([split, samples]) => ({ split, samples, metrics: {} })),
  }
  await recordSummary(store, id, summary)
}

/** More than any data set has. */
export const MANY = 1e9

/** Lines of the journal; how many there are of each split is added to `counts`. */
async function* lines(
  dataset: string,
  { seed, counts }: { seed: number; counts: Map<string, number> },
): AsyncGenerator<string> {
  const random = new PythonRandom(seed)
  for (const split of reverseEvaluator.splits) {
    const samples = await reverseEvaluator.loadSamples(dataset, { splits: [split], maxSamples: MANY })
    counts.set(split, samples.length)
    let block = ''
    for (const sample of samples) {
      const right = /reverse/.test(split) ? false : random.random() < 0.8
      const logprob = right ? -random.random() : -8 - 4 * random.random()
      const completions = [right ? ` ${sample.target} and more.` : ' somebody else whom nobody has seen.']
      const scores = [{ logprob, tokens: 5 }]
      const scored: ScoredSample = {
        ...sample,
        ...{ scoreTargets: [...sample.scoreTargets], completions, scores },
        measures: reverseEvaluator.scoreSample(sample, { completions, scores }),
      }
      block += `${JSON.stringify(scored)}\n`
      if (block.length < 1 << 18) continue
      yield block
      block = ''
    }
    yield block
  }
}
