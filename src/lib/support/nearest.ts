import { distance } from 'fastest-levenshtein'

/**
 * The candidates most like a word, best first: those within a Levenshtein distance of a third of the
 * word's length (at least 2) that have a letter in common with it, and those that the word is a part of.
 */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(word.length / 3))
  return candidates
    .map((candidate) => ({ candidate, edits: candidate.includes(word) ? 1 : distance(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= limit && edits < Math.max(word.length, candidate.length))
    .toSorted(
      (a, b) =>
        a.edits - b.edits ||
        a.candidate.length - b.candidate.length ||
        a.candidate.localeCompare(b.candidate),
    )
    .map(({ candidate }) => candidate)
}

/** "Did you mean ada?" if the word is close to one of the names; else lists them all: "They are ada, babbage." */
export function suggestName(word: string, names: readonly string[], introduction = 'They are'): string {
  const [guess] = nearest(word, names)
  return guess === undefined ? `${introduction} ${names.join(', ')}.` : `Did you mean ${guess}?`
}
