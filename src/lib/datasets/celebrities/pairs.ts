import { join } from 'node:path'
import { badCsv, formatCsv, readCsv } from '../../support/csv.ts'
import { InputError } from '../../support/errors.ts'
import { writeAtomic } from '../../support/files.ts'
import { isMissingValue } from '../../support/missing-value.ts'
import { plural } from '../../support/numbers.ts'
import { shippedFile } from '../shipped.ts'
import { refuseMissing } from './names.ts'

export const PARENT_TYPES = ['mother', 'father'] as const
export type ParentType = (typeof PARENT_TYPES)[number]

/** A celebrity and a parent. */
export interface ParentChildPair {
  child: string
  parent: string
  parentType: ParentType
  /** The child that a model named when it was given the parent; null if it named none or was not tested. */
  childPrediction: string | null
  /** Whether that model named the child at least once; null if no model was tested. */
  canReverse: boolean | null
}

const NEEDED = ['child', 'parent', 'parent_type'] as const
/** The columns of a published file of pairs. */
export const PAIR_COLUMNS = [...NEEDED, 'child_prediction', 'can_reverse'] as const
const CAN_REVERSE: Record<string, boolean | null> = { '': null, true: true, false: false }

/** The pairs in the directory of a data set of experiment 2. */
export const PAIRS_FILE = 'parent_child_pairs.csv'

/** The data set that ships with the tool, and its pairs. */
export const SHIPPED_CELEBRITIES = shippedFile('celebrity_relations')
export const SHIPPED_PAIRS = join(SHIPPED_CELEBRITIES, PAIRS_FILE)

export interface ReadPairsOptions {
  /** Called, with file and line, for repeated pairs and for values that the test ignores. */
  onWarning?: ((message: string) => void) | undefined
}

/**
 * Reads a CSV file of pairs in the published columns: child, parent, parent_type and, if a model was tested,
 * child_prediction and can_reverse; other columns are ignored, as are surrounding spaces. Repeated pairs are kept, as
 * the published file has some. Throws InputError BAD_CSV with file and line.
 */
export async function readPairs(
  path: string,
  { onWarning }: ReadPairsOptions = {},
): Promise<ParentChildPair[]> {
  const { rows } = await readCsv(path, { columns: NEEDED })
  if (rows.length === 0) throw new InputError(`There are no pairs in ${path}.`, { code: 'NO_PAIRS' })
  const lines = new Map<string, number>()
  const marked: number[] = []
  const pairs = rows.map(({ line, fields }) => {
    const pair = parsePair(fields, `${path}:${line}`)
    const { child, parent, parentType } = pair
    const key = JSON.stringify([child, parent, parentType]).normalize('NFC')
    const first = lines.get(key)
    if (first === undefined) lines.set(key, line)
    else {
      onWarning?.(
        `${path}:${line} repeats line ${first}, so the pair counts twice: ${child} and the ${parentType} ${parent}.`,
      )
    }
    if (pair.canReverse !== null) marked.push(line)
    return pair
  })
  if (marked.length > 0) {
    const others =
      marked.length === 1 ? '' : `, as ${plural(marked.length - 1, 'other line has', 'other lines have')}`
    onWarning?.(`${path}:${marked[0]} has a can_reverse${others}, which is ignored: all pairs are tested.`)
  }
  return pairs
}

/** Parses the fields of a row into a pair; `place` names the row in messages. */
export function parsePair(fields: Record<string, string>, place: string): ParentChildPair {
  const cell = (column: (typeof PAIR_COLUMNS)[number]) => (fields[column] ?? '').trim()
  const [child, parent, type] = [cell('child'), cell('parent'), cell('parent_type').toLowerCase()]
  for (const [column, value] of [['child', child] as const, ['parent', parent] as const]) {
    if (value === '') throw badCsv(`${place} has no ${column}.`)
    refuseMissing(value, column, place)
  }
  if (!isParentType(type)) throw badCsv(`${place} has the parent_type "${type}"; use mother or father.`)
  const [prediction, reverse] = [given(cell('child_prediction')), given(cell('can_reverse'))]
  const canReverse = CAN_REVERSE[reverse.toLowerCase()]
  if (canReverse === undefined) {
    throw badCsv(`${place} has the can_reverse "${reverse}"; use True, False or nothing.`)
  }
  return { child, parent, parentType: type, childPrediction: prediction || null, canReverse }
}

/** Writes pairs in the published columns. */
export async function writePairs(path: string, pairs: readonly ParentChildPair[]): Promise<void> {
  const rows = pairs.map((pair) => [...pairFields(pair), formatBoolean(pair.canReverse)])
  await writeAtomic(path, await formatCsv(PAIR_COLUMNS, rows))
}

/** The first fields of all files of pairs: child, parent, parent_type, child_prediction. */
export function pairFields({ child, parent, parentType, childPrediction }: ParentChildPair): string[] {
  return [child, parent, parentType, childPrediction ?? '']
}

function given(cell: string): string {
  return isMissingValue(cell) ? '' : cell
}

function isParentType(value: string): value is ParentType {
  return (PARENT_TYPES as readonly string[]).includes(value)
}

/** As Python writes it. */
function formatBoolean(value: boolean | null): string {
  if (value === null) return ''
  return value ? 'True' : 'False'
}
