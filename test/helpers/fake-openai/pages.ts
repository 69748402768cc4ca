/** One page of a list, as OpenAI pages them: `limit` objects after the one with the ID `after`. */
export function page<T extends { id: string }>(all: readonly T[], query: URLSearchParams) {
  const after = query.get('after')
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  const data = all.slice(start, start + Number(query.get('limit') ?? 20))
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? '',
    last_id: data.at(-1)?.id ?? '',
    has_more: start + data.length < all.length,
  }
}
