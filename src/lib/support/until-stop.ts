/** The part before the first of the stop texts. */
export function untilStop(text: string, stop: readonly string[] = []): string {
  const ends = stop.map((end) => text.indexOf(end)).filter((position) => position >= 0)
  return text.slice(0, Math.min(text.length, ...ends))
}
