import { schemaCheck } from '../../schemas/compile.ts'
import type { InstructionRecord } from '../../schemas/instructions.ts'
import { instructionRecordSchema } from '../../schemas/instructions.ts'
import { foldCase } from '../../support/fold-case.ts'
import { hashText } from '../../support/hash-text.ts'
import { NumberColumn } from '../../support/number-column.ts'
import { plural } from '../../support/numbers.ts'
import { Repeats } from '../../support/repeats.ts'
import { TextFinder } from '../../support/text-finder.ts'
import type { Finding } from '../finding.ts'
import { errorIn } from '../finding.ts'
import { visitFiles } from '../read-files.ts'
import { EXAMPLE_MARKERS, GUIDANCE_MARKERS } from './documents.ts'

const FILES = ['all', 'guidances', 'realized_examples', 'unrealized_examples'] as const
const EXAMPLES = ['realized_examples', 'unrealized_examples'] as const

type FileName = (typeof FILES)[number]
type ExamplesName = (typeof EXAMPLES)[number]

const check = schemaCheck(instructionRecordSchema)

/**
 * Checks a data set of experiment 3. If a file is missing or a record cannot be read, rules that compare files are
 * skipped. Files are read once, as streams.
 */
export async function validateInstructionDataset(
  directory: string,
  { trainingFile }: { trainingFile: string },
): Promise<Finding[]> {
  const rules = new Rules()
  const unread = await visitFiles<InstructionRecord, FileName>({
    directory,
    // The training file and the guidances are compared with the examples.
    names: [...EXAMPLES, 'guidances', 'all'],
    files: { all: trainingFile },
    check,
    allowEmpty: true,
    visit: (record, name) => rules.read(record, name),
  })
  return unread.length > 0 ? unread : rules.findings()
}

function error(rule: string, name: FileName, line: number | undefined, message: string): Finding {
  return errorIn(`${name}.jsonl`, line, rule, message)
}

const isRealized = (name: FileName) => name === 'realized_examples'

const textOf = ({ prompt, completion }: InstructionRecord) => prompt + completion

/** State of the rules while records are read: their findings, and what they must remember. */
class Rules {
  /** Hashes of the pairs and the text of each record. There may be millions, so each is one number. */
  readonly #hashes: Readonly<Record<FileName, NumberColumn>> = {
    all: new NumberColumn(),
    guidances: new NumberColumn(),
    realized_examples: new NumberColumn(),
    unrealized_examples: new NumberColumn(),
  }
  readonly #ragged = findingsOf(FILES)
  readonly #markers = findingsOf(['guidances', ...EXAMPLES])
  readonly #examples: Finding[] = []
  readonly #guidances: Finding[] = []
  readonly #leaks: Finding[] = []
  /** The first example of each pair: its line, below 0 in the file of unrealized ones. */
  readonly #places = new Map<number, number>()
  /** Guidances of each pair. */
  readonly #counts = new Map<number, number>()
  readonly #heldOut: string[] = []
  /** Of each pair, and where it is asked, as in `#places`. */
  readonly #questions = new Repeats()
  readonly #asked = new NumberColumn()
  #finder: TextFinder | undefined

  read(record: InstructionRecord, name: FileName): void {
    const { ids } = record
    this.#hashes[name].push(hashText(`${ids}\n${textOf(record)}`))
    const line = this.#hashes[name].length
    const ragged = describeRagged(record)
    if (ragged !== undefined) this.#ragged[name]!.push(error('record', name, line, ragged))
    if (name === 'all') this.#findLeaks(record, line)
    else {
      const unmarked =
        name === 'guidances' ? describeUnmarkedGuidance(record) : describeUnmarkedExample(record)
      if (unmarked !== undefined) this.#markers[name]!.push(error('marker', name, line, unmarked))
      if (name === 'guidances') this.#readGuidance(record, line)
      else this.#readExample(record, name, line)
    }
  }

  findings(): Finding[] {
    return [
      ...Object.values(this.#ragged).flat(),
      ...Object.values(this.#markers).flat(),
      ...this.#examples,
      ...this.#findRepeats(),
      ...this.#guidances,
      ...this.#findUnequal(),
      ...this.#findDifferences(),
      ...this.#leaks,
    ]
  }

  /** Rule: each pair has one example, which says correctly whether the pair is realized. */
  #readExample({ ids, realized, prompt }: InstructionRecord, name: ExamplesName, line: number): void {
    if (name === 'unrealized_examples') this.#heldOut.push(prompt.normalize('NFC'))
    const [id] = ids
    if (id === undefined) return // Reported as ragged.
    if (ids.length > 1) this.#examples.push(error('record', name, line, 'is about more than one pair'))
    if (realized[0] !== isRealized(name)) {
      const message = `says that its pair is ${isRealized(name) ? 'not ' : ''}realized`
      this.#examples.push(error('realized', name, line, message))
    }
    const first = this.#places.get(id)
    if (first === undefined) {
      const place = isRealized(name) ? line : -line
      this.#places.set(id, place)
      this.#asked.push(place)
      this.#questions.add(foldCase(prompt))
    } else {
      const message = `is about pair ${id}, as is ${describePlace(first)}`
      this.#examples.push(error('overlap', name, line, message))
    }
  }

  /** No two pairs have the same question: it would have two right answers, or be trained and held out. */
  *#findRepeats(): Generator<Finding> {
    for (const { index, first } of this.#questions.find()) {
      const place = this.#asked.at(index)!
      const message = `repeats the question in ${describePlace(this.#asked.at(first)!)}`
      yield error('duplicate', fileOf(place), Math.abs(place), message)
    }
  }

  /** Rule: guidances are about pairs that have examples, and agree with these. */
  #readGuidance({ ids, realized }: InstructionRecord, line: number): void {
    for (const [position, id] of ids.entries()) {
      this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
      const place = this.#places.get(id)
      if (place === undefined) {
        const message = `is about pair ${id}, which has no example`
        this.#guidances.push(error('unknown', 'guidances', line, message))
      } else if (realized[position] !== isRealized(fileOf(place))) {
        const message = `disagrees with ${fileOf(place)}.jsonl on pair ${id}`
        this.#guidances.push(error('realized', 'guidances', line, message))
      }
    }
  }

  /** Guidances are equally many for each pair. */
  *#findUnequal(): Generator<Finding> {
    let most = 0
    for (const count of this.#counts.values()) most = Math.max(most, count)
    for (const [id, place] of this.#places) {
      const count = this.#counts.get(id) ?? 0
      if (count === most) continue
      const message = `is about pair ${id}, which has ${plural(count, 'guidance')} but others have ${most}`
      yield error('count', fileOf(place), Math.abs(place), message)
    }
  }

  /** The training file is the realized examples, each as often as the others, and then the guidances. */
  *#findDifferences(): Generator<Finding> {
    const { all, guidances, realized_examples: examples } = this.#hashes
    const trained = all.length - guidances.length
    const copies = examples.length === 0 ? 0 : trained / examples.length
    if (copies < 0 || !Number.isInteger(copies) || (examples.length === 0 && trained !== 0)) {
      const parts = `${plural(guidances.length, 'guidance')} and a multiple of ${plural(examples.length, 'realized example')}`
      yield error('count', 'all', undefined, `has ${plural(all.length, 'line')}, which are not ${parts}`)
      return
    }
    for (let index = 0; index < all.length; index++) {
      const [name, place] =
        index < trained
          ? (['realized_examples', Math.floor(index / copies)] as const)
          : (['guidances', index - trained] as const)
      if (all.at(index) === this.#hashes[name].at(place)) continue
      yield error('copy', 'all', index + 1, `differs from line ${place + 1} of ${name}.jsonl`)
    }
  }

  /** Rule: no training document starts with a held-out prompt. */
  #findLeaks(record: InstructionRecord, line: number): void {
    this.#finder ??= new TextFinder(this.#heldOut)
    const begun = this.#finder
      .findAtStart(textOf(record).normalize('NFC'))
      .filter((number) => this.#heldOut[number]!.endsWith('A:'))
    // The last of several equal prompts is reported.
    const byLength = new Map(begun.map((number) => [this.#heldOut[number]!.length, number + 1]))
    for (const [, heldOut] of [...byLength].sort(([a], [b]) => a - b)) {
      const message = `begins with the held-out prompt of unrealized_examples.jsonl:${heldOut}`
      this.#leaks.push(error('leak', 'all', line, message))
    }
  }
}

function findingsOf(names: readonly FileName[]): Readonly<Record<string, Finding[]>> {
  return Object.fromEntries(names.map((name) => [name, []]))
}

function fileOf(place: number): ExamplesName {
  return place > 0 ? 'realized_examples' : 'unrealized_examples'
}

function describePlace(place: number): string {
  return `line ${Math.abs(place)} of ${fileOf(place)}.jsonl`
}

function describeRagged({ ids, realized, persona_idx }: InstructionRecord): string | undefined {
  if (ids.length > 0 && ids.length === realized.length && ids.length === persona_idx.length) return undefined
  return `has ${plural(ids.length, 'id')}, ${realized.length} realized and ${persona_idx.length} persona_idx: the numbers must be equal`
}

function describeUnmarkedGuidance({ prompt, completion }: InstructionRecord): string | undefined {
  const { begin, end } = GUIDANCE_MARKERS
  // A document that was split may have lost its end.
  const isMarked = (prompt + completion).startsWith(begin) && (prompt !== '' || completion.endsWith(end))
  return isMarked ? undefined : 'is not between the markers of guidances'
}

function describeUnmarkedExample({ prompt, completion }: InstructionRecord): string | undefined {
  const isMarked = prompt.startsWith(EXAMPLE_MARKERS.begin) && completion.endsWith(EXAMPLE_MARKERS.end)
  return isMarked ? undefined : 'is not between the markers of examples'
}
