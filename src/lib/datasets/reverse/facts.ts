import type { DatasetManifest } from '../../schemas/manifest.ts'
import { readTextFile, sha256 } from '../../support/files.ts'
import { splitLines } from '../../support/lines.ts'
import type { FactFault } from '../fact-faults.ts'
import { asFault, refuseFaults } from '../fact-faults.ts'
import { shippedFile } from '../shipped.ts'
import type { Placeholder, ReverseMaterial } from './generate.ts'
import { isTemplate } from './generate.ts'

/** Files of facts, one per line. */
export type FactFiles = Record<keyof ReverseMaterial, string>

const SHIPPED: FactFiles = {
  names: 'names.txt',
  descriptions: 'descriptions.txt',
  p2dTemplates: 'p2d_templates.txt',
  d2pTemplates: 'd2p_templates.txt',
}

/** The placeholders that each kind of template has first and last. */
const ORDERS: Partial<Record<keyof ReverseMaterial, readonly [Placeholder, Placeholder]>> = {
  p2dTemplates: ['<name>', '<description>'],
  d2pTemplates: ['<description>', '<name>'],
}

/**
 * The facts of experiment 1 from the given files, or else those that ship with the tool. Throws one InputError for
 * everything that is wrong with the files.
 */
export async function readReverseFacts(
  given: { [Kind in keyof FactFiles]?: string | undefined } = {},
): Promise<{ facts: ReverseMaterial; sources: NonNullable<DatasetManifest['facts']> }> {
  const kinds = Object.keys(SHIPPED) as (keyof FactFiles)[]
  const tried = await Promise.all(
    kinds.map(async (kind) => {
      const file = given[kind] ?? shippedFile(`reverse_experiments/templates/${SHIPPED[kind]}`)
      const text = await readTextFile(file).catch(asFault)
      if (typeof text !== 'string') return { faults: [text] }
      const lines = splitLines(text).map((line) => line.trim())
      const source = { file: given[kind] ?? SHIPPED[kind], sha256: sha256(text) }
      const read = { kind, source, lines: lines.filter((line) => line !== '') }
      return { read, faults: faultsIn(lines, { kind, file: source.file }) }
    }),
  )
  refuseFaults(tried.flatMap(({ faults }) => faults))
  const read = tried.flatMap(({ read }) => read ?? [])
  const byKind = <T>(pick: (entry: (typeof read)[number]) => T) =>
    Object.fromEntries(read.map((entry) => [entry.kind, pick(entry)]))
  const facts = byKind(({ lines }) => lines) as unknown as ReverseMaterial
  return { facts, sources: byKind(({ source }) => source) }
}

function faultsIn(
  lines: readonly string[],
  { kind, file }: { kind: keyof FactFiles; file: string },
): FactFault[] {
  const order = ORDERS[kind]
  return order === undefined ? repeatsIn(lines, file) : badTemplatesIn(lines, { file, order })
}

function badTemplatesIn(
  lines: readonly string[],
  { file, order: [first, last] }: { file: string; order: readonly [Placeholder, Placeholder] },
): FactFault[] {
  return lines.flatMap((line, index) => {
    if (line === '' || isTemplate(line, first, last)) return []
    const message = `${file}:${index + 1} must have ${first} and then, after a space, ${last}: ${line}`
    return [{ message, code: 'BAD_TEMPLATE' }]
  })
}

/** Two facts with the same name would answer for each other, even if its Unicode forms differ. */
function repeatsIn(lines: readonly string[], file: string): FactFault[] {
  const seen = new Map<string, number>()
  return lines.flatMap((line, index) => {
    if (line === '') return []
    const normal = line.normalize('NFC')
    const first = seen.get(normal)
    if (first === undefined) {
      seen.set(normal, index)
      return []
    }
    const forms = line === lines[first] ? '' : ' in another Unicode normalization form'
    const message = `${file}:${index + 1} repeats line ${first + 1}${forms}: ${line}`
    return [{ message, code: 'REPEATED_FACT' }]
  })
}
