import { formatPercent } from '../../support/numbers.ts'
/** More groups than this are summarized by their range, or left out. */
export const FEW = 3

export function percent(share: unknown): string {
  return typeof share === 'number' ? formatPercent(share) : 'an unknown share'
}
