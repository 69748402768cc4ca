/** Messages about parameters that a model does not accept, and what to use instead. */
const HINTS: readonly [pattern: RegExp, hint: string][] = [
  [
    /\btemperature\b/i,
    'this model does not accept temperature 0; at its own temperature, answers vary: --parameters \'{"temperature": 1}\'',
  ],
]

/** Suggestions for a refusal, by the server's message. */
export function hintsFor(words: string): string[] {
  return HINTS.filter(([pattern]) => pattern.test(words)).map(([, hint]) => hint)
}
