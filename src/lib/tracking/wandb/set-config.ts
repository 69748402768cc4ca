import { InputError } from '../../support/errors.ts'
import type { WandbTracker } from './tracker.ts'
import type { Values } from './values.ts'
import { containsValues } from './values.ts'

/** A value of a run's config before and after. */
export interface ConfigChange {
  key: string
  /** Undefined where the config does not have it yet. */
  before?: unknown
  after: unknown
}

/**
 * Values from `key=value` words: what is JSON becomes what it says, all else a text. Throws InputError
 * BAD_ASSIGNMENT.
 */
export function parseAssignments(words: readonly string[]): Values {
  return Object.fromEntries(
    words.map((word) => {
      const [, key = '', text = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? []
      if (key !== '' && key !== '_wandb') return [key, parseValue(text)]
      throw new InputError(`${word} sets nothing: use KEY=VALUE, such as note="first try".`, {
        code: 'BAD_ASSIGNMENT',
      })
    }),
  )
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What setting values would change in a run's config on W&B. Throws InputError WANDB_NO_RUN. */
export async function previewConfig(
  tracker: WandbTracker,
  name: string,
  values: Values,
): Promise<ConfigChange[]> {
  const { config } = await tracker.require(name)
  return Object.entries(values)
    .filter(([key, value]) => !containsValues(config, { [key]: value }))
    .map(([key, after]) => ({ key, before: config[key], after }))
}
