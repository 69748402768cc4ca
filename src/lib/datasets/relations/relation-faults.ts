import type { RelationMaterial } from '../../schemas/relation.ts'
import { foldCase } from '../../support/fold-case.ts'
import type { FactFault } from '../fact-faults.ts'

export type FactPart = '<first>' | '<second>' | '<third>'
export type TemplateKind = keyof RelationMaterial['templates']

/** The part that each kind of template states first, and the one that it ends with. */
export const PART_ORDERS: Readonly<Record<TemplateKind, readonly [FactPart, FactPart]>> = {
  forward: ['<first>', '<second>'],
  backward: ['<second>', '<first>'],
  hop: ['<second>', '<third>'],
  two_hop: ['<first>', '<third>'],
  swapped_forward: ['<first>', '<second>'],
  swapped_backward: ['<second>', '<first>'],
}

/** Only punctuation may follow the part that is asked for, so that this part is the whole answer. */
const ENDS = /^[.!?。！？]?$/u

/** All that is wrong with the facts and templates of a relation; `file` is named in front. */
export function faultsInRelation({ templates, facts }: RelationMaterial, file: string): FactFault[] {
  const bad = (Object.entries(templates) as [TemplateKind, string[]][]).flatMap(([kind, list]) => {
    const [before, asked] = PART_ORDERS[kind]
    return list.flatMap((template) => {
      const cut = template.lastIndexOf(` ${asked}`)
      const first = template.indexOf(before)
      const parts = template.match(/<\w+>/g) ?? []
      // Where the asked part stands in the prompt too, the prompt has its answer.
      const isEachOnce = parts.length === 2 && parts.includes(before) && parts.includes(asked)
      const isAfterOneSpace = /\S$/.test(template.slice(0, cut))
      const ends = ENDS.test(template.slice(cut + asked.length + 1))
      if (isEachOnce && first < cut && isAfterOneSpace && ends) return []
      const message = `${file}: a template of "${kind}" must have ${before} once and end with ${asked} after one space: ${template}`
      return [{ message, code: 'BAD_TEMPLATE' }]
    })
  })
  const all = Object.values(templates).flat()
  const folded = all.map(foldCase)
  const repeated = all
    .filter((_, index) => folded.indexOf(folded[index]!) !== index)
    .map((template) => ({
      message: `${file} has this template twice: ${template}`,
      code: 'BAD_TEMPLATE',
    }))
  const ragged = facts.flat().flatMap((name) => {
    if (!RAGGED.test(name)) return []
    const message = `${file}: the name ${JSON.stringify(name)} must have no space around it, no line break and no placeholder`
    return [{ message, code: 'BAD_FACT' }]
  })
  return [...bad, ...repeated, ...ragged, ...faultsInNames(facts.flat(), file)]
}

/** What would not stay one answer, after one space, in a sentence. */
const RAGGED = /^\s|\s$|[\r\n]|<(?:first|second|third)>/

/** A name that equals another, or is part of it, would be mistaken for it. */
export function faultsInNames(names: readonly string[], file: string): FactFault[] {
  const plain = names.map(foldCase)
  return plain.flatMap((name, index) => {
    const place = plain.findIndex((other, own) => own !== index && other.includes(name))
    if (place < 0 || (plain[place] === name && place > index)) return []
    const told = plain[place] === name ? 'occurs twice' : `is part of ${names[place]}`
    return [{ message: `${file}: the name ${names[index]} ${told}`, code: 'REPEATED_FACT' }]
  })
}
