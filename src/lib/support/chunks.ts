/** Consecutive parts of `size` items; the last may be shorter. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** Consecutive parts whose items weigh at most `most` together; an item that weighs more is a part by itself. */
export function chunksByWeight<T>(
  items: readonly T[],
  { most, weightOf }: { most: number; weightOf: (item: T) => number },
): T[][] {
  const parts: T[][] = []
  let room = 0
  for (const item of items) {
    const weight = weightOf(item)
    if (parts.length === 0 || weight > room) {
      parts.push([])
      room = most
    }
    parts.at(-1)!.push(item)
    room -= weight
  }
  return parts
}
