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

/** A run's loss curve, reduced to few points. */
export function lossCurve(events: readonly RunEvent[]): LossCurve {
  const points = (type: RunEvent['type']) =>
    events.flatMap((event): LossPoint[] =>
      event.type === type && typeof event.loss === 'number' && event.step !== undefined
        ? [{ step: event.step, loss: event.loss }]
        : [],
    )
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
