/** What a server says of a parameter that a model does not take, and what to say instead. */
const HINTS: readonly [pattern: RegExp, hint: string][] = [
  [
    /\btemperature\b/i,
    'this model does not accept temperature 0; at its own temperature, answers vary: --parameters \'{"temperature": 1}\'',
  ],
]

/** What helps against a refusal, by the server's words. */
export function hintsFor(words: string): string[] {
  return HINTS.filter(([pattern]) => pattern.test(words)).map(([, hint]) => hint)
}
