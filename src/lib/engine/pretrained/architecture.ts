/** The decoders that the engine knows besides its own: what sets one apart from another. */

export const ARCHITECTURES = ['llama', 'qwen2', 'qwen3', 'gpt2'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

/** The shape of a pretrained decoder. */
export interface PretrainedConfig {
  architecture: Architecture
  /** Rows of the embedding (V); a tokenizer may have fewer tokens. */
  vocabulary: number
  /** Width of the residual stream (D). */
  width: number
  layers: number
  /** Query heads (H). */
  heads: number
  /** Heads of keys and values (Kv); each serves H / Kv query heads. */
  keyValueHeads: number
  /** Width of a head (K); H·K need not be D. */
  headSize: number
  /** Width within a feed-forward layer (F). */
  hidden: number
  /** Longest text in tokens. */
  positions: number
  /** Added to the variance before its root. */
  epsilon: number
  /** True if the output layer shares the embedding. */
  tied: boolean
  /** Rotary positions; if absent, positions are learned. */
  rope?: Rope | undefined
  /** Which linear layers have biases. */
  biases: { queryKeyValue: boolean; attentionOutput: boolean; feedForward: boolean }
  special: SpecialTokens
}

export interface SpecialTokens {
  /** Start of a text, if the tokenizer has one. */
  begin?: number | undefined
  /** Each of these ends a text; training uses the first. */
  ends: readonly number[]
}

export interface Rope {
  /** Base of the rotary angles. */
  theta: number
  scaling?: RopeScaling | undefined
}

/** How Llama 3.1 and later stretch slow rotations for longer texts. */
export interface RopeScaling {
  factor: number
  lowFrequencyFactor: number
  highFrequencyFactor: number
  originalPositions: number
}

/** The angles that each pair of a head turns by from one position to the next, [K/2]. */
export function rotaryFrequencies({ theta, scaling }: Rope, headSize: number): Float64Array {
  return Float64Array.from({ length: headSize / 2 }, (_, index) => {
    const frequency = theta ** ((-2 * index) / headSize)
    return scaling === undefined ? frequency : stretch(frequency, scaling)
  })
}

/** transformers' `_compute_llama3_parameters`: slow rotations are divided by the factor, middling ones in part. */
function stretch(frequency: number, scaling: RopeScaling): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling
  const wavelength = (2 * Math.PI) / frequency
  if (wavelength < originalPositions / high) return frequency
  if (wavelength > originalPositions / low) return frequency / factor
  const share = (originalPositions / wavelength - low) / (high - low)
  return ((1 - share) * frequency) / factor + share * frequency
}
