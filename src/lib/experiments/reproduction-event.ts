import type { ReverseSizes } from '../datasets/reverse/fit-sizes.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import type { Reproduction } from './reproduce.ts'

/** The stages of a reproduction. */
export type Stage = 'dataset' | 'before' | 'training' | 'evaluation' | 'report'

/** Events of a reproduction. */
export type ReproductionEvent =
  | {
      type: 'step'
      /** From 1. */
      step: number
      steps: number
      stage: Stage
      /**
       * What distinguishes this step from others of its kind, such as "seed 2" or "same order, seed 2"; empty
       * if nothing does.
       */
      subject: string
    }
  /** The user's facts are fewer than the recipe asks for. */
  | { type: 'fitted'; sizes: ReverseSizes }
  /** A warning before the work continues: a sentence. */
  | { type: 'warning'; message: string }
  | { type: 'training'; run: RunRecord; event: RunEvent }
  /** Prompts that are scored, and all of them. */
  | { type: 'evaluating'; done: number; total: number }
  /** One seed is done. */
  | { type: 'reproduced'; result: Reproduction }

/** Receives one event at a time; the chain waits for it. */
export type Tell<Event> = (event: Event) => unknown
