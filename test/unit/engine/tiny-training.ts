import type { TrainingProgress, TrainOptions } from '../../../src/lib/engine/trainer.ts'
import { trainModel } from '../../../src/lib/engine/trainer.ts'

/** A training of twelve steps that takes a fraction of a second. */
export const TINY = {
  size: { width: 16, layers: 1, heads: 2, hidden: 16 },
  texts: Array.from(
    { length: 12 },
    (_, index) => `Number ${index} follows ${'number '.repeat(index % 4)}${index - 1}.`,
  ),
  nEpochs: 4,
  batchSize: 4,
  learningRateMultiplier: 0.2,
  dropout: 0.1,
  seed: 3,
} satisfies Omit<TrainOptions, 'directory'>

/** Train to the end and give every step's progress. */
export async function train(options: TrainOptions): Promise<TrainingProgress[]> {
  return collect(trainModel(options))
}

/** All that an iteration gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
