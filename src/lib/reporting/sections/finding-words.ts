import { formatPercent } from '../../support/numbers.ts'
/** More groups than this are summed up by their range, or not spoken of. */
export const FEW = 3

export function percent(share: unknown): string {
  return typeof share === 'number' ? formatPercent(share) : 'an unknown share'
}
