import type { DatasetManifest } from '../../schemas/manifest.ts'
import { InputError } from '../../support/errors.ts'
import { readTextFile, sha256 } from '../../support/files.ts'
import { splitLines } from '../../support/lines.ts'
import { shippedFile } from '../shipped.ts'
import type { ReverseMaterial } from './generate.ts'

/** Files of facts, one a line. */
export type FactFiles = Record<keyof ReverseMaterial, string>

const SHIPPED: FactFiles = {
  names: 'names.txt',
  descriptions: 'descriptions.txt',
  p2dTemplates: 'p2d_templates.txt',
  d2pTemplates: 'd2p_templates.txt',
}

/** The facts of experiment 1 that ship with the tool, or those of the given files instead. */
export async function readReverseFacts(
  given: { [Kind in keyof FactFiles]?: string | undefined } = {},
): Promise<{ facts: ReverseMaterial; sources: NonNullable<DatasetManifest['facts']> }> {
  const kinds = Object.keys(SHIPPED) as (keyof FactFiles)[]
  const read = await Promise.all(
    kinds.map(async (kind) => {
      const file = given[kind] ?? shippedFile(`reverse_experiments/templates/${SHIPPED[kind]}`)
      const text = await readTextFile(file)
      const lines = splitLines(text).map((line) => line.trim())
      if (kind === 'names' || kind === 'descriptions') refuseRepeats(lines, given[kind] ?? kind)
      const source = { file: given[kind] ?? SHIPPED[kind], sha256: sha256(text) }
      return { kind, source, lines: lines.filter((line) => line !== '') }
    }),
  )
  const byKind = <T>(pick: (entry: (typeof read)[number]) => T) =>
    Object.fromEntries(read.map((entry) => [entry.kind, pick(entry)]))
  const facts = byKind(({ lines }) => lines) as unknown as ReverseMaterial
  return { facts, sources: byKind(({ source }) => source) }
}

/** Two facts of one name would answer for each other, also where Unicode spells it in two ways. */
function refuseRepeats(lines: readonly string[], file: string): void {
  const seen = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const normal = line.normalize('NFC')
    const first = seen.get(normal)
    if (first === undefined) seen.set(normal, index)
    else {
      const forms = line === lines[first] ? '' : ' in another Unicode form'
      throw new InputError(`${file}:${index + 1} repeats line ${first + 1}${forms}: ${line}`, {
        code: 'REPEATED_FACT',
      })
    }
  }
}
