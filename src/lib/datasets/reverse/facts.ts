import type { DatasetManifest } from '../../schemas/manifest.ts'
import { readTextFile, sha256 } from '../../support/files.ts'
import { foldCase } from '../../support/fold-case.ts'
import { splitLines } from '../../support/lines.ts'
import { TextFinder } from '../../support/text-finder.ts'
import type { FactFault } from '../fact-faults.ts'
import { asFault, refuseFaults } from '../fact-faults.ts'
import { shippedFile } from '../shipped.ts'
import type { Placeholder, ReverseMaterial } from './generate.ts'
import { isTemplate, PLACEHOLDERS, templateRule } from './generate.ts'

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
  if (order !== undefined) {
    const bad = badTemplatesIn(lines, { file, order })
    return [...bad, ...repeatsIn(without(lines, bad), file)]
  }
  const repeats = repeatsIn(lines, file)
  const confusables = confusablesIn(without(lines, repeats), { file, isName: kind === 'names' })
  return [...repeats, ...placeholdersIn(lines, file), ...confusables]
}

/** A fault of a line, by its index. */
type LineFault = FactFault & { index: number }

/** A line with one fault is not searched for others: it is empty. */
function without(lines: readonly string[], faults: readonly LineFault[]): string[] {
  const left = [...lines]
  for (const { index } of faults) left[index] = ''
  return left
}

function badTemplatesIn(
  lines: readonly string[],
  { file, order: [first, last] }: { file: string; order: readonly [Placeholder, Placeholder] },
): LineFault[] {
  return lines.flatMap((line, index) => {
    if (line === '' || isTemplate(line, first, last)) return []
    const message = `${file}:${index + 1} ${templateRule(first, last)}: ${line}`
    return [{ message, code: 'BAD_TEMPLATE', index }]
  })
}

/**
 * Two facts with the same name would answer for each other, and a test template that is also for training tests nothing.
 * Neither Unicode forms nor letter case tell texts apart: no measure minds them.
 */
function repeatsIn(lines: readonly string[], file: string): LineFault[] {
  const seen = new Map<string, number>()
  return lines.flatMap((line, index) => {
    if (line === '') return []
    const first = seen.get(foldCase(line))
    if (first === undefined) {
      seen.set(foldCase(line), index)
      return []
    }
    const message = `${file}:${index + 1} repeats line ${first + 1}${formsOf(line, lines[first]!)}: ${line}`
    return [{ message, code: 'REPEATED_FACT', index }]
  })
}

function formsOf(line: string, first: string): string {
  if (line === first) return ''
  return line.normalize('NFC') === first.normalize('NFC')
    ? ' in another Unicode normalization form'
    : ' in other letter case'
}

/** It would be filled itself. */
function placeholdersIn(lines: readonly string[], file: string): FactFault[] {
  return lines.flatMap((line, index) => {
    const found = PLACEHOLDERS.find((placeholder) => line.includes(placeholder))
    if (found === undefined) return []
    const message = `${file}:${index + 1} must not contain the placeholder ${found}: ${line}`
    return [{ message, code: 'BAD_FACT' }]
  })
}

/**
 * An answer counts if it begins with the right one, so the longer of two would count for the shorter. And a name that is
 * part of another is found wherever the other one stands.
 */
function confusablesIn(
  lines: readonly string[],
  { file, isName }: { file: string; isName: boolean },
): FactFault[] {
  const texts = lines.map(foldCase)
  // An empty text stands in all others.
  const filled = [...texts.keys()].filter((index) => texts[index] !== '')
  const finder = new TextFinder(filled.map((index) => texts[index]!))
  const longer = new Map<number, number>()
  for (const index of filled) {
    const found = isName ? finder.find(texts[index]!) : finder.findAtStart(texts[index]!)
    for (const place of found) {
      const shorter = filled[place]!
      if (shorter !== index && !longer.has(shorter)) longer.set(shorter, index)
    }
  }
  return [...longer].map(([index, other]) => {
    const relation = isName ? 'is part of' : 'is the beginning of'
    const message = `${file}:${index + 1} ${relation} line ${other + 1} (${lines[other]}), which would count as it: ${lines[index]}`
    return { message, code: 'CONFUSABLE_FACT' }
  })
}
