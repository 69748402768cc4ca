import type { DatasetManifest } from '../../schemas/manifest.ts'
import { InputError } from '../../support/errors.ts'
import { readTextFile, sha256 } from '../../support/files.ts'
import { shippedFile } from '../shipped.ts'
import type { ReverseFacts } from './generate.ts'

/** Files of facts, one a line. */
export type FactFiles = Record<keyof ReverseFacts, string>

const SHIPPED: FactFiles = {
  names: 'names.txt',
  descriptions: 'descriptions.txt',
  p2dTemplates: 'p2d_templates.txt',
  d2pTemplates: 'd2p_templates.txt',
}

/** The facts of experiment 1 that ship with the tool, or those of the given files instead. */
export async function readReverseFacts(
  given: { [Kind in keyof FactFiles]?: string | undefined } = {},
): Promise<{ facts: ReverseFacts; sources: NonNullable<DatasetManifest['facts']> }> {
  const kinds = Object.keys(SHIPPED) as (keyof FactFiles)[]
  const read = await Promise.all(
    kinds.map(async (kind) => {
      const file = given[kind] ?? shippedFile(`reverse_experiments/templates/${SHIPPED[kind]}`)
      const text = await readTextFile(file)
      const lines = text.split('\n').map((line) => line.trim())
      const source = { file: given[kind] ?? SHIPPED[kind], sha256: sha256(text) }
      return { kind, source, lines: lines.filter((line) => line !== '') }
    }),
  )
  const byKind = <T>(pick: (entry: (typeof read)[number]) => T) =>
    Object.fromEntries(read.map((entry) => [entry.kind, pick(entry)]))
  const facts = byKind(({ lines }) => lines) as unknown as ReverseFacts
  for (const kind of ['names', 'descriptions'] as const) refuseRepeats(facts[kind], given[kind] ?? kind)
  return { facts, sources: byKind(({ source }) => source) }
}

/** Two facts of one name would answer for each other. */
function refuseRepeats(lines: readonly string[], file: string): void {
  const seen = new Set<string>()
  for (const line of lines) {
    if (seen.has(line)) throw new InputError(`${file} holds twice: ${line}`, { code: 'REPEATED_FACT' })
    seen.add(line)
  }
}
