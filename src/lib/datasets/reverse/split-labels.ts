import { toldSplit } from '../transforms/told-facts.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from './directions.ts'

/** The label of a split of experiment 1 in all output. */
export interface SplitLabel {
  /** Such as "NameToDescription, same". */
  label: string
  /** A short label, such as "N to D, same". */
  short: string
}

const SHORT = { NameToDescription: 'N to D', DescriptionToName: 'D to N' } as const

/** In the order of display: same next to reverse, deliberately incorrect answers last. */
const LABELS: ReadonlyMap<string, SplitLabel> = new Map([
  ...DIRECTIONS.flatMap((direction) =>
    (['same', 'reverse'] as const).map(
      (order) => [DIRECTION_SPLITS[direction][order], labelOf(direction, order)] as const,
    ),
  ),
  ...DIRECTIONS.map(
    (direction) =>
      [
        toldSplit(DIRECTION_SPLITS[direction].reverse),
        labelOf(direction, 'reverse, told in both orders'),
      ] as const,
  ),
  ['both_prompts_test', { label: 'both directions, same', short: 'both, same' }],
  ...DIRECTIONS.map(
    (direction) =>
      [`${DIRECTION_SPLITS[direction].reverse}_randomized`, labelOf(direction, 'incorrect')] as const,
  ),
  ...DIRECTIONS.map(
    (direction) =>
      [
        toldSplit(`${DIRECTION_SPLITS[direction].reverse}_randomized`),
        labelOf(direction, 'incorrect, told in both orders'),
      ] as const,
  ),
])

function labelOf(direction: keyof typeof SHORT, asked: string): SplitLabel {
  return { label: `${direction}, ${asked}`, short: `${SHORT[direction]}, ${asked}` }
}

/** The label of a split: its own name unless experiment 1 has a split of that name. */
export function labelSplit(split: string): SplitLabel {
  return LABELS.get(split) ?? { label: split, short: split }
}

/** Those of experiment 1 in their order, then all others as they come. */
export function inLabelOrder<Own extends { split: string }>(splits: readonly Own[]): Own[] {
  const order = [...LABELS.keys()]
  const placeOf = ({ split }: Own) => (LABELS.has(split) ? order.indexOf(split) : order.length)
  return splits.toSorted((a, b) => placeOf(a) - placeOf(b))
}
