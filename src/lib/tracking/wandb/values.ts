import { isDeepStrictEqual } from 'node:util'
import { ReversalError } from '../../support/errors.ts'

/** Keys and values of a config or summary, as in JSON. */
export type Values = Record<string, unknown>

const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g

/**
 * Parses a JSON object as W&B's servers and clients write it. Bare `NaN` and `Infinity`, which are not JSON, become
 * texts, as W&B's Python client writes them. Throws ReversalError WANDB_UNREADABLE.
 */
export function parseValues(text: string | null | undefined): Values {
  if (text === null || text === undefined || text === '') return {}
  const json = text.replaceAll(TEXT_OR_NUMBER, (match) => (match.startsWith('"') ? match : `"${match}"`))
  try {
    return Object(JSON.parse(json))
  } catch (cause) {
    throw new ReversalError('Weights & Biases gives a config or summary that is not JSON.', {
      code: 'WANDB_UNREADABLE',
      cause,
    })
  }
}

/** Keys that W&B itself adds to a config. */
const INTERNAL = new Set(['_wandb', 'wandb_version'])

/** True for a key of a config that is not the user's. */
export function isInternal(key: string): boolean {
  return INTERNAL.has(key)
}

/** The user's values in a config string, each as `{ value, desc }` or, in old runs, bare. */
export function readConfig(config: string | null | undefined): Values {
  const entries = Object.entries(parseValues(config)).filter(([key]) => !isInternal(key))
  return Object.fromEntries(entries.map(([key, entry]) => [key, isWrapped(entry) ? entry.value : entry]))
}

/** Marks a run as started, and as one that was fine-tuned through an API, in W&B's telemetry. */
const STARTED = { value: { t: { 3: [58] }, m: [] } }

/** A config string with `values`, keeping everything else that `before` contained. */
export function writeConfig(before: string | null | undefined, values: Values): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const wrapped = given.map(([key, value]) => [key, { value }])
  return JSON.stringify({ _wandb: STARTED, ...parseValues(before), ...Object.fromEntries(wrapped) })
}

/** Whether `values` has each wanted value, as it would look after a round trip through JSON. */
export function containsValues(values: Values, wanted: Values): boolean {
  return Object.entries(JSON.parse(JSON.stringify(wanted))).every(([key, value]) =>
    isDeepStrictEqual(values[key], value),
  )
}

function isWrapped(entry: unknown): entry is { value: unknown } {
  return typeof entry === 'object' && entry !== null && 'value' in entry
}
