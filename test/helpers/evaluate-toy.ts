import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openEvaluator } from '../../src/lib/evaluation/open-evaluator.ts'
import { runEvaluation } from '../../src/lib/evaluation/run-evaluation.ts'
import { builtInExtensions } from '../../src/lib/extensions/built-in.ts'
import type { LanguageModel } from '../../src/lib/models/language-model.ts'
import type { ScoredSample } from '../../src/lib/schemas/evaluation.ts'
import { readJsonl } from '../../src/lib/support/jsonl.ts'

/** Evaluate a model as `eval:run --evaluator NAME --evaluator-option …` does; with the journal and metrics by split. */
export async function evaluateToy(
  name: string,
  { model, dataset, options = [] }: { model: LanguageModel; dataset: string; options?: readonly string[] },
) {
  const { evaluators } = builtInExtensions()
  const { evaluator, plugin, evaluatorOptions } = await openEvaluator(evaluators, name, options)
  const place = await mkdtemp(join(tmpdir(), 'evaluate-toy-'))
  try {
    const evaluate = () =>
      runEvaluation({
        ...{ model, evaluator, plugin, evaluatorOptions, datasetDirectory: dataset },
        ...{ directory: place, toolVersion: '0.0.0' },
      })
    const first = await evaluate()
    const { summary, directory } = first
    // What is complete is given back as it stands: nothing is asked, and nothing is scored otherwise.
    expect(await evaluate()).to.deep.equal({ ...first, scored: 0 })
    const journal = await readJsonl<ScoredSample>(join(directory, 'samples.jsonl'), {
      check: () => undefined,
    })
    const metrics = Object.fromEntries(summary.splits.map(({ split, metrics }) => [split, metrics]))
    return { summary, journal, metrics }
  } finally {
    await rm(place, { recursive: true })
  }
}
