import { normalQuantile } from './distributions.ts'
import type { Defined } from './measurements.ts'

/** Sensitivity (how well a judge tells true from false) and criterion (how readily it says yes). */
export interface Detection {
  /** d′ = z(H) − z(F): 0 for a judge who guesses, higher for a better one. */
  dPrime: Defined
  /** c = −(z(H) + z(F)) / 2: above 0 for one who leans to no, below for one who leans to yes. */
  criterion: Defined
}

/**
 * The sensitivity and criterion of signal detection theory (Macmillan and Creelman, Detection Theory, 2005), with the
 * log-linear correction (Hautus, Behavior Research Methods 27, 1995), which keeps both finite: H = (hits + ½) /
 * (signals + 1), F = (false alarms + ½) / (noise + 1). Null if there are no signals or no noise. Counts may be
 * half-integers, if a judge is undecided.
 */
export function detectSignal({
  hits,
  signals,
  falseAlarms,
  noise,
}: {
  /** Number of true statements judged true. */
  hits: number
  signals: number
  /** Number of false statements judged true. */
  falseAlarms: number
  noise: number
}): Detection {
  if (!(hits >= 0 && hits <= signals && falseAlarms >= 0 && falseAlarms <= noise))
    throw new RangeError(`${hits} of ${signals} and ${falseAlarms} of ${noise} are no shares`)
  if (signals === 0 || noise === 0) return { dPrime: null, criterion: null }
  const hit = normalQuantile((hits + 0.5) / (signals + 1))
  const alarm = normalQuantile((falseAlarms + 0.5) / (noise + 1))
  return { dPrime: hit - alarm, criterion: -(hit + alarm) / 2 }
}
