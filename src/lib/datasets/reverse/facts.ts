import type { DatasetManifest } from '../../schemas/manifest.ts'
import { readTextFile, sha256 } from '../../support/files.ts'
import { splitLines } from '../../support/lines.ts'
import type { FactFault } from '../fact-faults.ts'
import { asFault, refuseFaults } from '../fact-faults.ts'
import { shippedFile } from '../shipped.ts'
import type { Placeholder, ReverseMaterial } from './generate.ts'
import { isTemplate } from './generate.ts'

/** Files of facts, one a line. */
export type FactFiles = Record<keyof ReverseMaterial, string>

const SHIPPED: FactFiles = {
  names: 'names.txt',
  descriptions: 'descriptions.txt',
  p2dTemplates: 'p2d_templates.txt',
  d2pTemplates: 'd2p_templates.txt',
}

/** What each template begins with and ends on. */
const ORDERS: Partial<Record<keyof ReverseMaterial, readonly [Placeholder, Placeholder]>> = {
  p2dTemplates: ['<name>', '<description>'],
  d2pTemplates: ['<description>', '<name>'],
}

/**
 * The facts of experiment 1 that ship with the tool, or those of the given files instead. Throws one InputError for
 * all that is wrong with the files.
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
  if (order !== undefined) return badTemplatesIn(lines, { file, order })
  const repeats = repeatsIn(lines, file)
  return repeats.length > 0 ? repeats : beginningsIn(lines, file)
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

/**
 * A completion is right when it begins with the target, letter case aside: where one name begins another, the other's
 * would count as right for it.
 */
function beginningsIn(lines: readonly string[], file: string): FactFault[] {
  const folded = lines
    .map((line, index) => ({ text: line.trim().toLowerCase().normalize('NFC'), index }))
    .filter(({ text }) => text !== '')
    .sort((a, b) => (a.text < b.text ? -1 : 1))
  // What begins a text stands before it in this order, with nothing between them that it does not begin.
  const starts: typeof folded = []
  return folded
    .flatMap((own) => {
      while (starts.length > 0 && !own.text.startsWith(starts.at(-1)!.text)) starts.pop()
      const start = starts.at(-1)
      starts.push(own)
      return start === undefined ? [] : [{ own, start }]
    })
    .sort((a, b) => a.own.index - b.own.index)
    .map(({ own, start }) => ({
      message: `${file}:${own.index + 1} begins with line ${start.index + 1}, so that it would count as a right answer for it: ${lines[own.index]}`,
      code: 'REPEATED_FACT',
    }))
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
