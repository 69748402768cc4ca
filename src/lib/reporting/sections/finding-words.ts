/** More groups than this are summed up by their range, or not spoken of. */
export const FEW = 3

export function percent(share: unknown): string {
  return typeof share === 'number' ? `${(100 * share).toFixed(1)} %` : 'an unknown share'
}
