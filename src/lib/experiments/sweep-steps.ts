import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { RunRecord } from '../schemas/run.ts'

/** How far the runs of a sweep are together, in optimizer steps that are to be done now. */
export interface SweepState {
  done: number
  total: number
  active: { id: string; done: number; total: number }[]
}

/** Steps of a run with so many training examples. */
export function stepsOf(
  { hyperparameters: { batchSize, nEpochs } }: Pick<FineTuneRequest, 'hyperparameters'>,
  examples: number,
): number {
  return Math.ceil(examples / batchSize) * nEpochs
}

/** Counts the steps of all runs of a sweep. Steps from before an interruption count neither as done nor as left. */
export class SweepSteps {
  #total: number
  #ended = 0
  /** For each active run, its steps before it was resumed. */
  readonly #active = new Map<string, number>()

  /** `planned`: steps of all runs together, if each is trained from its start. */
  constructor(planned: number) {
    this.#total = planned
  }

  get active(): string[] {
    return [...this.#active.keys()]
  }

  begin({ id, progress }: Pick<RunRecord, 'id' | 'progress'>): void {
    const before = progress?.step ?? 0
    this.#active.set(id, before)
    this.#total -= before
  }

  end({ id, progress }: Pick<RunRecord, 'id' | 'progress'>, planned: number): void {
    const before = this.#active.get(id)
    this.#active.delete(id)
    // A run that existed before, or fails, leaves nothing to do.
    const done = before === undefined ? 0 : (progress?.step ?? before) - before
    this.#ended += done
    this.#total -= planned - (before ?? 0) - done
  }

  /** `runs`: those that are active, as they are now. */
  state(runs: readonly Pick<RunRecord, 'id' | 'progress'>[]): SweepState {
    const active = runs.map(({ id, progress }) => ({
      id,
      done: progress?.step ?? 0,
      total: progress?.total_steps ?? 0,
    }))
    const going = active.map(({ id, done }) => done - (this.#active.get(id) ?? done))
    const done = going.reduce((sum, own) => sum + own, this.#ended)
    return { done, total: Math.max(done, this.#total), active }
  }
}
