import { Flags } from '@oclif/core'
import { InputError } from '../../lib/support/errors.ts'
import { underscoreAliases } from './common.ts'

const helpGroup = 'WEIGHTS & BIASES'

/** The tracker that has its own flags. */
export const WANDB = 'wandb'

const PLACE = 'wandb-'

/** Which tracker, and which place there. */
export const trackerPlaceFlags = underscoreAliases({
  'wandb-entity': Flags.string({
    summary: 'user or team on Weights & Biases',
    defaultHelp: async () => 'WANDB_ENTITY, or the owner of the API key',
    helpGroup,
  }),
  'wandb-project': Flags.string({
    summary: 'project on Weights & Biases',
    defaultHelp: async () => 'WANDB_PROJECT',
    helpGroup,
  }),
  tracker: Flags.string({
    summary: 'use this tracker instead of Weights & Biases',
    helpValue: 'NAME',
    helpGroup: 'OTHER TRACKERS',
  }),
  'tracker-option': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    summary: 'option of the tracker; may be repeated',
    helpValue: 'KEY=VALUE',
    helpGroup: 'OTHER TRACKERS',
    dependsOn: ['tracker'],
  }),
})

/** Whether to use a tracker, and which project there. */
export const trackerFlags = {
  ...trackerPlaceFlags,
  ...underscoreAliases({
    'use-wandb': Flags.boolean({
      default: false,
      summary: 'use Weights & Biases; implied by an entity or project',
      helpGroup,
    }),
    'no-wandb': Flags.boolean({ default: false, summary: 'do not use Weights & Biases', helpGroup }),
  }),
}

export interface TrackerFlagValues {
  'wandb-entity'?: string | undefined
  'wandb-project'?: string | undefined
  'use-wandb'?: boolean | undefined
  'no-wandb'?: boolean | undefined
  tracker?: string | undefined
  'tracker-option'?: string[] | undefined
}

/** The tracker that the flags select, and its options. */
export interface TrackerChoice {
  /** A name, or `package/name`. */
  name: string
  chosen: boolean
  refused: boolean
  /** `KEY=VALUE` texts. */
  options: string[]
}

/** The tracker that the flags select, by default Weights & Biases. Throws InputError TRACKER_CONFLICT. */
export function trackerChoice(flags: TrackerFlagValues): TrackerChoice {
  const { tracker: name, 'tracker-option': options = [], 'use-wandb': use, 'no-wandb': none } = flags
  const places = ['entity', 'project'] as const
  const named = places.flatMap((key) => {
    const value = flags[`${PLACE}${key}`]
    return value === undefined ? [] : [`${key}=${value}`]
  })
  if (name !== undefined && name !== WANDB && (use || named.length > 0)) {
    const flag = use ? 'use-wandb' : `${PLACE}${named[0]!.split('=')[0]}`
    throw new InputError(
      `--${flag} and --tracker ${name} contradict each other: use one tracker at a time.`,
      {
        code: 'TRACKER_CONFLICT',
      },
    )
  }
  return {
    name: name ?? WANDB,
    chosen: use === true || name !== undefined,
    refused: none === true && (name ?? WANDB) === WANDB,
    options: [...named, ...options],
  }
}

/** Whether any flag concerns a tracker. */
export function namesTracker(flags: TrackerFlagValues): boolean {
  const { chosen, options } = trackerChoice(flags)
  return chosen || options.length > 0
}

/** The flags that select a place on a tracker. */
export function placeFlags(
  name: string,
  place: Readonly<Record<string, string | undefined>>,
): Record<string, string | string[] | undefined> {
  if (name === WANDB) {
    return Object.fromEntries(Object.entries(place).map(([key, value]) => [`${PLACE}${key}`, value]))
  }
  const options = Object.entries(place).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}=${value}`,
  )
  return { tracker: name, 'tracker-option': options }
}
