import { schemaCheck } from '../../schemas/compile.ts'
import type { InstructionRecord } from '../../schemas/instructions.ts'
import { instructionRecordSchema } from '../../schemas/instructions.ts'
import { plural } from '../../support/numbers.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import { readFiles } from '../read-files.ts'
import { EXAMPLE_MARKERS, GUIDANCE_MARKERS } from './documents.ts'

const FILES = ['all', 'guidances', 'realized_examples', 'unrealized_examples'] as const
const EXAMPLES = ['realized_examples', 'unrealized_examples'] as const

type FileName = (typeof FILES)[number]
type ExamplesName = (typeof EXAMPLES)[number]
type Records = Readonly<Record<FileName, readonly InstructionRecord[]>>

/** An example's place. */
interface Place {
  name: ExamplesName
  line: number
}

const check = schemaCheck(instructionRecordSchema)

/**
 * What is wrong with a data set of experiment 3. Where a file is missing or a record cannot be read, the rules that
 * compare files are left for the next time.
 */
export async function validateInstructionDataset(
  directory: string,
  { trainingFile }: { trainingFile: string },
): Promise<Finding[]> {
  const { records, findings } = await readFiles<InstructionRecord, FileName>({
    directory,
    names: FILES,
    files: { all: trainingFile },
    check,
    allowEmpty: true,
  })
  if (findings.length > 0) return findings
  const places = findPlaces(records)
  return [
    ...findRagged(records),
    ...findWrongMarkers(records),
    ...findWrongExamples(records, places),
    ...findWrongGuidances(records, places),
    ...findDifferences(records),
    ...findLeaks(records),
  ]
}

function error(rule: string, name: FileName, index: number | undefined, message: string): Finding {
  return errorIn(`${name}.jsonl`, index === undefined ? undefined : index + 1, rule, message)
}

const isRealized = (name: ExamplesName) => name === 'realized_examples'

const textOf = ({ prompt, completion }: InstructionRecord) => prompt + completion

function* findRagged(records: Records): Generator<Finding> {
  for (const name of FILES) {
    for (const [index, { ids, realized, persona_idx }] of records[name].entries()) {
      if (ids.length > 0 && ids.length === realized.length && ids.length === persona_idx.length) continue
      yield error(
        'record',
        name,
        index,
        `has ${plural(ids.length, 'id')}, ${realized.length} realized and ${persona_idx.length} persona_idx: the numbers must be equal`,
      )
    }
  }
}

function* findWrongMarkers(records: Records): Generator<Finding> {
  for (const [index, { prompt, completion }] of records.guidances.entries()) {
    const { begin, end } = GUIDANCE_MARKERS
    // A document that was split may have lost its end.
    if ((prompt + completion).startsWith(begin) && (prompt !== '' || completion.endsWith(end))) continue
    yield error('marker', 'guidances', index, 'is not between the markers of guidances')
  }
  for (const name of EXAMPLES) {
    for (const [index, { prompt, completion }] of records[name].entries()) {
      if (prompt.startsWith(EXAMPLE_MARKERS.begin) && completion.endsWith(EXAMPLE_MARKERS.end)) continue
      yield error('marker', name, index, 'is not between the markers of examples')
    }
  }
}

/** The first example of each pair. */
function findPlaces(records: Records): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>()
  for (const name of EXAMPLES) {
    for (const [index, { ids }] of records[name].entries()) {
      const [id] = ids
      if (id !== undefined && !places.has(id)) places.set(id, { name, line: index + 1 })
    }
  }
  return places
}

/** Each pair has one example, which says correctly whether the pair is realized. */
function* findWrongExamples(records: Records, places: ReadonlyMap<number, Place>): Generator<Finding> {
  for (const name of EXAMPLES) {
    for (const [index, { ids, realized }] of records[name].entries()) {
      const [id] = ids
      if (id === undefined) continue // Reported as ragged.
      if (ids.length > 1) yield error('record', name, index, 'is about more than one pair')
      if (realized[0] !== isRealized(name)) {
        yield error(
          'realized',
          name,
          index,
          `says that its pair is ${isRealized(name) ? 'not ' : ''}realized`,
        )
      }
      const first = places.get(id)!
      if (first.name !== name || first.line !== index + 1) {
        const place = `line ${first.line} of ${first.name}.jsonl`
        yield error('overlap', name, index, `is about pair ${id}, as is ${place}`)
      }
    }
  }
}

/** Guidances are about pairs that have examples, agree with these, and are equally many for each pair. */
function* findWrongGuidances(records: Records, places: ReadonlyMap<number, Place>): Generator<Finding> {
  const counts = new Map<number, number>()
  for (const [index, { ids, realized }] of records.guidances.entries()) {
    for (const [position, id] of ids.entries()) {
      counts.set(id, (counts.get(id) ?? 0) + 1)
      const name = places.get(id)?.name
      if (name === undefined) {
        yield error('unknown', 'guidances', index, `is about pair ${id}, which has no example`)
      } else if (realized[position] !== isRealized(name)) {
        yield error('realized', 'guidances', index, `disagrees with ${name}.jsonl on pair ${id}`)
      }
    }
  }
  const most = [...counts.values()].reduce((a, b) => Math.max(a, b), 0)
  for (const [id, { name, line }] of places) {
    const count = counts.get(id) ?? 0
    if (count === most) continue
    const message = `is about pair ${id}, which has ${plural(count, 'guidance')} but others have ${most}`
    yield error('count', name, line - 1, message)
  }
}

/** The training file is the realized examples, each as often as the others, and then the guidances. */
function* findDifferences({ all, guidances, realized_examples: examples }: Records): Generator<Finding> {
  const trained = all.length - guidances.length
  const copies = examples.length === 0 ? 0 : trained / examples.length
  if (copies < 0 || !Number.isInteger(copies) || (examples.length === 0 && trained !== 0)) {
    const parts = `${plural(guidances.length, 'guidance')} and a multiple of ${plural(examples.length, 'realized example')}`
    yield error('count', 'all', undefined, `has ${plural(all.length, 'line')}, which are not ${parts}`)
    return
  }
  for (const [index, record] of all.entries()) {
    const [name, line] =
      index < trained
        ? (['realized_examples', Math.floor(index / copies)] as const)
        : (['guidances', index - trained] as const)
    const source = name === 'guidances' ? guidances[line]! : examples[line]!
    if (textOf(record) === textOf(source) && String(record.ids) === String(source.ids)) continue
    yield error('copy', 'all', index, `differs from line ${line + 1} of ${name}.jsonl`)
  }
}

/** Held-out prompts that a training document begins with. */
function* findLeaks({ all, unrealized_examples: heldOut }: Records): Generator<Finding> {
  const lines = new Map(heldOut.map(({ prompt }, index) => [prompt.normalize('NFC'), index + 1]))
  for (const [index, record] of all.entries()) {
    const text = textOf(record).normalize('NFC')
    for (const { index: end } of text.matchAll(/A:/g)) {
      const line = lines.get(text.slice(0, end + 2))
      if (line === undefined) continue
      yield error(
        'leak',
        'all',
        index,
        `begins with the held-out prompt of unrealized_examples.jsonl:${line}`,
      )
    }
  }
}
