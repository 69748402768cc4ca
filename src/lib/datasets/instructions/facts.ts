import { resolve } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { QaPair } from '../../schemas/instructions.ts'
import { qaPairSchema } from '../../schemas/instructions.ts'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import { InputError } from '../../support/errors.ts'
import { exists, readTextFile, sha256, sha256File } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import { splitLines } from '../../support/lines.ts'
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
  /** Phrasings, one a line: a path or the name of a shipped file. */
  guidancePhrasingsFilename?: string | undefined
  /** Picks the shipped phrasings where no file is named; `same` where it is not given. */
  order?: Order | undefined
}

/** The facts of experiment 3 that ship with the tool, or those of the given files instead. */
export async function readInstructionFacts(
  options: ReadInstructionFactsOptions,
): Promise<{ facts: InstructionFacts; sources: NonNullable<DatasetManifest['facts']> }> {
  const { cwd, order = 'same' } = options
  const files = {
    pairs: options.srcFilename ?? SHIPPED_PAIRS,
    phrasings: options.guidancePhrasingsFilename ?? SHIPPED_PHRASINGS[order],
  }
  const [pairs, phrasings] = [await findFacts(files.pairs, cwd), await findFacts(files.phrasings, cwd)]
  const text = await readTextFile(phrasings)
  return {
    facts: {
      pairs: await readJsonl<QaPair>(pairs, { check }),
      phrasings: splitLines(text).map((line, index) =>
        parsePhrasing(line.trim(), `${files.phrasings}:${index + 1}`),
      ),
    },
    sources: {
      pairs: { file: files.pairs, sha256: await sha256File(pairs) },
      phrasings: { file: files.phrasings, sha256: sha256(text) },
    },
  }
}

/** What lies at the path, or else the shipped file of that name. */
async function findFacts(file: string, cwd: string): Promise<string> {
  const path = resolve(cwd, file)
  if (await exists(path)) return path
  if (SHIPPED.includes(file)) return shippedFile(`instructions/${file}`)
  throw new InputError(`There is no file ${file}, and no file of that name ships with the tool.`, {
    code: 'FILE_NOT_FOUND',
    suggestions: [`a path, or one of ${SHIPPED.join(', ')}`],
  })
}
