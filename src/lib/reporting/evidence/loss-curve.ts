import type { RunEvent } from '../../schemas/run.ts'
import { mean } from '../../statistics/samples.ts'

export interface LossPoint {
  step: number
  /** In nats per token. */
  loss: number
}

export interface LossCurve {
  /** Means over neighbouring steps, at most BINS of them. */
  training: LossPoint[]
  validation: LossPoint[]
}

const BINS = 60

/** A run's loss curve, reduced to few points. A step that was made again, after an interruption, counts as it was last. */
export function lossCurve(events: readonly RunEvent[]): LossCurve {
  const points = (type: RunEvent['type']): LossPoint[] => {
    const losses = new Map<number, number>()
    for (const event of events) {
      if (event.type !== type || typeof event.loss !== 'number' || event.step === undefined) continue
      losses.set(event.step, event.loss)
    }
    return [...losses].map(([step, loss]) => ({ step, loss })).sort((a, b) => a.step - b.step)
  }
  return { training: thin(points('step')), validation: thin(points('validation')) }
}

function thin(points: readonly LossPoint[]): LossPoint[] {
  if (points.length <= BINS) return [...points]
  return Array.from({ length: BINS }, (_, bin) => {
    const part = points.slice(
      Math.floor((bin * points.length) / BINS),
      Math.floor(((bin + 1) * points.length) / BINS),
    )
    return { step: part.at(-1)!.step, loss: mean(part.map(({ loss }) => loss)) }
  })
}
