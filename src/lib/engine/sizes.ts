import type { Objective } from './objectives.ts'
import { embeddedTokens } from './objectives.ts'

/** The shape of a Llama-style decoder. */
export interface TransformerConfig {
  /** Tokens of the vocabulary (V). */
  vocabulary: number
  /** Width of the residual stream (D). */
  width: number
  layers: number
  heads: number
  /** Width of the gated layer (F). */
  hidden: number
  /** Longest text in tokens that positions are made for. */
  positions: number
  /** Base of the rotary angles (arXiv 2104.09864). */
  ropeTheta: number
  /** Added to the mean square before its root. */
  epsilon: number
  /** What it predicts; the next token by default. */
  objective?: Objective | undefined
}

export type Size = Pick<TransformerConfig, 'width' | 'layers' | 'heads' | 'hidden'>

/** The local models. They have the names of the paper's GPT-3 sizes, so that its command lines work unchanged. */
export const SIZES: Readonly<Record<string, Size>> = {
  ada: { width: 192, layers: 1, heads: 6, hidden: 512 },
  babbage: { width: 256, layers: 2, heads: 8, hidden: 688 },
  curie: { width: 384, layers: 4, heads: 12, hidden: 1024 },
  davinci: { width: 512, layers: 8, heads: 16, hidden: 1368 },
}

/** Parameters of a model: embedding and output, and in each layer attention (4·D²), the gated layer (3·D·F) and two gains. */
export function countParameters(config: TransformerConfig): number {
  const { vocabulary, width, layers, hidden } = config
  const tokens = embeddedTokens(config) + vocabulary
  return tokens * width + layers * (4 * width ** 2 + 3 * width * hidden + 2 * width) + width
}

/**
 * Floating-point operations of the matrix products of a training step, per token: 2 per weight forward, 4 backward, and
 * the attention products over `context` positions (arXiv 2001.08361, section 2.1).
 */
export function trainingFlopsPerToken(config: TransformerConfig, context: number): number {
  const { vocabulary, width, layers, hidden } = config
  const weights = vocabulary * width + layers * (4 * width ** 2 + 3 * width * hidden)
  return 6 * weights + 12 * layers * width * context
}
