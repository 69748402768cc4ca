import { commonPrefix } from '../../engine/target-rows.ts'

/** A text as a server cut it into tokens. */
export interface TokenizedText {
  /** What each token spells; a part of a character may be spelled by a sign that stands for it. */
  tokens: readonly string[]
  /** Something by which to tell tokens apart: their IDs where the server names them. */
  ids: readonly string[]
  /** Of each token after all before it; null where there is nothing before. */
  logprobs: readonly (number | null)[]
}

/** Positions of tokens: from `from` to before `to`. */
export interface TokenSpan {
  from: number
  to: number
}

/**
 * The tokens of `target` where the tokens spell `prompt + target`, after a token for the beginning of a text where the
 * server puts one. A token that reaches over the end of the prompt counts as the target's. Undefined where they
 * do not spell it, as where a character is cut into several tokens.
 */
export function spellTarget(
  { tokens }: TokenizedText,
  { prompt, target }: { prompt: string; target: string },
): TokenSpan | undefined {
  const text = prompt + target
  let from: number | undefined
  let spelled = 0
  for (let index = text.startsWith(tokens[0] ?? '') ? 0 : 1; index < tokens.length; index++) {
    const token = tokens[index]!
    if (!text.startsWith(token, spelled)) return undefined
    spelled += token.length
    if (spelled > prompt.length) from ??= index
    // What follows the text was written by the model.
    if (spelled === text.length) return { from: from ?? index + 1, to: index + 1 }
  }
  return undefined
}

/** The tokens of a target as those in which a text with it differs from the prompt alone. */
export function alignTarget(whole: TokenizedText, prompt: TokenizedText): TokenSpan {
  return { from: commonPrefix(whole.ids, prompt.ids), to: whole.ids.length }
}
