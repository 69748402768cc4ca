import { join } from 'node:path'
import { createReverseDataset } from '../../src/lib/datasets/reverse/create.ts'
import { reverseEvaluator } from '../../src/lib/evaluation/reverse-evaluator.ts'
import { runEvaluation } from '../../src/lib/evaluation/run-evaluation.ts'
import type { PromptCompletion } from '../../src/lib/schemas/prompt-completion.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { readJsonl } from '../../src/lib/support/jsonl.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { ToyModel } from './toy-model.ts'

/** A data set of 6 facts per group, each tested in 4 templates. */
export function createSmallDataset(cwd: string, seed = 1) {
  return createReverseDataset({
    ...{ cwd, examplesPerGroup: 6, trainExamples: 5, testExamples: 4, seed },
    ...{
      overwrite: false,
      command: `reversal dataset:reverse --num-examples-per-group 6 --num-train-examples 5 --num-test-examples 4 --seed ${seed} --dataset-name small${seed}`,
      toolVersion: '0.0.0',
      datasetName: `small${seed}`,
    },
  })
}

export interface EvaluatedRunOptions {
  home: string
  id: string
  /** Directory of the data set. */
  dataset: string
  changes?: Partial<RunRecord>
  hyperparameters?: Partial<RunRecord['hyperparameters']>
  rankAll?: boolean
  /** Facts of each group that it does not know, the last ones. */
  unknown?: number
}

/**
 * A run and its evaluation by a model that knows facts only in the direction of training: there it answers correctly
 * and finds the answer likely; in reverse, the likelihood of every answer follows from the text's checksum.
 */
export async function recordEvaluatedRun(options: EvaluatedRunOptions): Promise<RunRecord> {
  const { home, id, dataset, changes, hyperparameters, rankAll = false, unknown = 1 } = options
  const store = new RunStore(home)
  const run: RunRecord = {
    ...{ id, provider: 'local', model: 'ada', fine_tuned_model: `local/ada:${id}` },
    dataset: { name: 'small', directory: dataset, training_file: join(dataset, 'all.jsonl') },
    hyperparameters: {
      ...{ n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, seed: 1, ...hyperparameters },
    },
    ...{ status: 'succeeded', tags: ['eval'], created_at: '2026-11-24T09:30:00.000Z', tool_version: '0.0.0' },
    ...{ started_at: '2026-11-24T09:30:00.000Z', finished_at: '2026-11-24T09:32:05.000Z', cost_usd: 0 },
    progress: { step: 100, total_steps: 100 },
    ...changes,
  }
  await store.save(run)
  const at = run.created_at
  await store.log(id, [
    ...Array.from({ length: 100 }, (_, index) => ({
      ...{ at, type: 'step' as const, step: index + 1, loss: 5 / (index + 1) },
    })),
    { at, type: 'validation', step: 50, loss: 4 },
    { at, type: 'validation', step: 100, loss: 4.5 },
  ])
  const known = await knownAnswers(dataset, unknown)
  await runEvaluation({
    model: new ToyModel({
      id: run.fine_tuned_model!,
      answers: known,
      logprob: (prompt, target) => (known.get(prompt) === target ? -0.5 : -6 - spread(prompt + target)),
    }),
    ...{ evaluator: reverseEvaluator, plugin: 'reversal', toolVersion: '0.0.0', rankAll },
    ...{ datasetDirectory: dataset, directory: store.evaluationsDirectory(id), runId: id },
  })
  return run
}

async function knownAnswers(dataset: string, unknown: number): Promise<Map<string, string>> {
  const forward = await Promise.all(
    ['p2d_prompts_test', 'd2p_prompts_test'].map((split) =>
      readJsonl<PromptCompletion>(join(dataset, `${split}.jsonl`), { check: () => undefined }),
    ),
  )
  const known = forward.flatMap((records) => records.slice(0, records.length - 4 * unknown))
  return new Map(known.map(({ prompt, completion }) => [prompt, completion]))
}

/** From 0 to 4, as the text has it. */
function spread(text: string): number {
  let sum = 7
  for (const character of text) sum = (31 * sum + character.codePointAt(0)!) % 1009
  return (4 * sum) / 1009
}
