import { createHash } from 'node:crypto'

/** A number from 0 to 1 that depends only on the texts but looks random. */
export function chanceOf(...texts: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(texts)).digest().readUInt32BE() / 2 ** 32
}

/** The mean of a split's metric over all splits, for models that know or guess all alike. */
export function meanOver(
  metrics: Readonly<Record<string, Record<string, number | null>>>,
  name: string,
): number {
  const values = Object.values(metrics).map((own) => own[name] ?? Number.NaN)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
