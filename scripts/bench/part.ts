/** One measured number. */
export interface Figure {
  figure: string
  value: number
  unit: string
  /** What it should reach, for a person to compare with. */
  goal?: string
}

export interface BenchmarkOptions {
  /** An interpreter with `torch`, to measure PyTorch beside the engine. */
  python?: string | undefined
}

/** A part of the benchmark. */
export interface BenchmarkPart {
  name: string
  run(options: BenchmarkOptions): Promise<Figure[]>
  /** Figures for a person, where a line for each does not show what they say together. */
  render?(figures: readonly Figure[]): string
}

/** The middle one of some numbers, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2
}
