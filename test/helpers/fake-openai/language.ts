import { createHash } from 'node:crypto'

/** The fake's language: its tokens, its answers, and how likely each token is. */
export interface Language {
  /** The text after a prompt; it is cut off after `maxTokens` tokens. */
  answer(prompt: string, facts: { model: string; sample: number; temperature: number }): string
  /** Natural logarithm of the probability of a token after a text. */
  logprob(context: string, token: string): number
}

/** Answers with a number that depends only on the prompt (and, above temperature 0, on the sample). */
export const hashedLanguage: Language = {
  answer: (prompt, { sample, temperature }) =>
    ` answer ${hash(temperature === 0 ? prompt : `${sample} ${prompt}`)}`,
  logprob: (context, token) => -0.01 - (hash(`${context}|${token}`) % 500) / 100,
}

/** A word, number or sign with the space before it, or a space alone. */
export function tokenize(text: string): string[] {
  return text.match(/ ?[\p{L}\p{N}]+|[^\s\p{L}\p{N}]|\s/gu) ?? []
}

/** A number for a token, the same in each process. */
export function tokenId(token: string): number {
  return hash(token)
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE()
}
