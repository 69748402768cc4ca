import { join } from 'node:path'
import { trainModel } from '../../src/lib/engine/trainer.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { writeJson } from '../../src/lib/support/files.ts'
import { FORWARD, writeTinyDataset } from './tiny-dataset.ts'

const HYPERPARAMETERS = { nEpochs: 150, batchSize: 3, learningRateMultiplier: 1 }

/** Records a run in `home` as if it had been trained on the tiny data set. */
export async function recordTinyRun(
  home: string,
  changes: Partial<RunRecord> & { id: string },
): Promise<RunRecord> {
  const dataset = join(home, 'tiny')
  const { nEpochs, batchSize, learningRateMultiplier } = HYPERPARAMETERS
  const run: RunRecord = {
    provider: 'local',
    model: 'ada',
    fine_tuned_model: `local/ada:${changes.id}`,
    dataset: { name: 'tiny', directory: dataset, training_file: join(dataset, 'all.jsonl') },
    hyperparameters: {
      n_epochs: nEpochs,
      batch_size: batchSize,
      learning_rate_multiplier: learningRateMultiplier,
      seed: 1,
    },
    status: 'succeeded',
    tags: [],
    created_at: '2026-11-24T09:30:00.000Z',
    tool_version: '0.0.0',
    ...changes,
  }
  await writeTinyDataset(dataset)
  await writeJson(join(home, 'runs', run.id, 'run.json'), run)
  return run
}

/** Trains a very small model in about a second, by default on the texts of the tiny data set's facts, name first. */
export async function trainTinyRun(
  home: string,
  changes: Partial<RunRecord> & { id: string },
  texts = FORWARD.map(([prompt, completion]) => prompt + completion),
): Promise<RunRecord> {
  const training = trainModel({
    ...HYPERPARAMETERS,
    directory: join(home, 'runs', changes.id),
    size: { width: 32, layers: 1, heads: 2, hidden: 64 },
    texts,
    seed: 1,
  })
  for await (const _step of training);
  return recordTinyRun(home, changes)
}
