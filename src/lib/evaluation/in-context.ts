import type { Direction } from './directions.ts'

/** The evaluator that states the fact in the prompt. */
export const IN_CONTEXT = 'in-context'

/** Its splits that ask in the opposite order of the stated fact: the paper's Table 5. */
export const IN_CONTEXT_SPLITS: Readonly<Record<Direction, string>> = {
  NameToDescription: 'name_first_reverse',
  DescriptionToName: 'description_first_reverse',
}
