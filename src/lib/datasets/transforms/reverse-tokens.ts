import { REVERSED, rewritingArm } from './arm.ts'
import type { Transform } from './transform.ts'
import { trainedText } from './words.ts'

/**
 * Each example's tokens from the last to the first (Golovneva et al., arXiv 2403.13799), as text: tokens are those of
 * GPT-2's encoding, which local models use, and bytes of one character stay together. Another model may split the
 * result into other tokens.
 */
export const reverseTokens: Transform = {
  ...tokenArm(() => [...'']),
  open: async () => {
    const { encode, decode } = await import('gpt-tokenizer/encoding/r50k_base')
    const cut = (text: string) => {
      const pieces: string[] = []
      let pending: number[] = []
      for (const token of encode(text)) {
        pending.push(token)
        const piece = decode(pending)
        if (piece.includes('\uFFFD')) continue
        pieces.push(piece)
        pending = []
      }
      return pending.length === 0 ? pieces : [...pieces, decode(pending)]
    }
    return tokenArm(cut).open()
  },
}

function tokenArm(cut: (text: string) => string[]): Transform {
  return rewritingArm({
    name: 'reverse-tokens',
    summary: 'each example with its tokens in reverse order (arXiv 2403.13799)',
    marker: REVERSED,
    rewrite: () => (record) => cut(trainedText(record)).toReversed().join('').trim(),
  })
}
