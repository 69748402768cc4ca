import { resolve } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { QaPair } from '../../schemas/instructions.ts'
import { qaPairSchema } from '../../schemas/instructions.ts'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import { InputError } from '../../support/errors.ts'
import { exists, readTextFile, sha256, sha256File } from '../../support/files.ts'
import { foldCase } from '../../support/fold-case.ts'
import type { JsonlProblem } from '../../support/jsonl.ts'
import { readJsonlBatches } from '../../support/jsonl.ts'
import { splitLines } from '../../support/lines.ts'
import { PackedList } from '../../support/packed-list.ts'
import { Repeats } from '../../support/repeats.ts'
import type { FactFault } from '../fact-faults.ts'
import { asFault, refuseFaults } from '../fact-faults.ts'
import { shippedFile } from '../shipped.ts'
import type { InstructionFacts } from './generate.ts'
import type { Order } from './phrasings.ts'
import { parsePhrasing } from './phrasings.ts'

const SHIPPED_PAIRS = 'qa_pairs.jsonl'
const SHIPPED_PHRASINGS: Record<Order, string> = {
  same: 'qa_guidance_simple.txt',
  reverse: 'qa_guidance_reverse.txt',
}
const SHIPPED = [SHIPPED_PAIRS, ...Object.values(SHIPPED_PHRASINGS)]

const check = schemaCheck(qaPairSchema)

export interface ReadInstructionFactsOptions {
  cwd: string
  /** JSON Lines of questions and targets: a path or the name of a shipped file. */
  srcFilename?: string | undefined
  /** File of phrasings, one per line: a path or the name of a shipped file. */
  guidancePhrasingsFilename?: string | undefined
  /** Chooses the shipped phrasings if no file is given; `same` by default. */
  order?: Order | undefined
}

/**
 * The facts of experiment 3 from the given files, or else those that ship with the tool. Throws one InputError for
 * everything that is wrong with the files.
 */
export async function readInstructionFacts(
  options: ReadInstructionFactsOptions,
): Promise<{ facts: InstructionFacts; sources: NonNullable<DatasetManifest['facts']> }> {
  const { cwd, order = 'same' } = options
  const files = {
    pairs: options.srcFilename ?? SHIPPED_PAIRS,
    phrasings: options.guidancePhrasingsFilename ?? SHIPPED_PHRASINGS[order],
  }
  const faults: FactFault[] = []
  const note = (error: unknown) => {
    faults.push(asFault(error))
    return undefined
  }
  const pairs = await readPairs(files.pairs, { cwd, faults }).catch(note)
  const phrasings = await readPhrasings(files.phrasings, { cwd, faults }).catch(note)
  refuseFaults(faults)
  return {
    facts: { pairs: pairs!.facts, phrasings: phrasings!.facts },
    sources: { pairs: pairs!.source, phrasings: phrasings!.source },
  }
}

interface Reading {
  cwd: string
  /** Receives the faults, line by line. */
  faults: FactFault[]
}

async function readPairs(file: string, { cwd, faults }: Reading) {
  const path = await findFacts(file, cwd)
  const onProblem = ({ line, message }: JsonlProblem) => {
    faults.push({ message: `${path}:${line} ${message}.`, code: 'BAD_JSONL' })
  }
  const facts = new PackedList<QaPair>()
  const questions = new Repeats()
  for await (const batch of readJsonlBatches<QaPair>(path, { check, onProblem })) {
    for (const { anchor, targets } of batch) {
      facts.push({ anchor, targets })
      questions.add(questionOf(anchor))
    }
  }
  // Lines that could not be read have no number here.
  if (faults.length === 0) {
    for (const { index, first } of questions.find()) {
      const message = `${path}:${index + 1} repeats the question of line ${first + 1}: ${facts.at(index)!.anchor}`
      faults.push({ message, code: 'REPEATED_FACT' })
    }
  }
  return { facts, source: { file, sha256: await sha256File(path) } }
}

/** Two pairs with one question would have two right answers, or train what is held out. */
function questionOf(anchor: string): string {
  return foldCase(anchor).trim()
}

async function readPhrasings(file: string, { cwd, faults }: Reading) {
  const text = await readTextFile(await findFacts(file, cwd))
  const facts = splitLines(text).flatMap((line, index) => {
    try {
      return parsePhrasing(line.trim(), `${file}:${index + 1}`)
    } catch (error) {
      faults.push(asFault(error))
      return []
    }
  })
  return { facts, source: { file, sha256: sha256(text) } }
}

/** The file at the path, or else the shipped file of that name. */
async function findFacts(file: string, cwd: string): Promise<string> {
  const path = resolve(cwd, file)
  if (await exists(path)) return path
  if (SHIPPED.includes(file)) return shippedFile(`instructions/${file}`)
  throw new InputError(`There is no file ${file}, and none with that name ships with the tool.`, {
    code: 'FILE_NOT_FOUND',
    suggestions: [`a path, or one of ${SHIPPED.join(', ')}`],
  })
}
