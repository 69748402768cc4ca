import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { schemaCheck } from '../schemas/compile.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import { scoredSampleSchema } from '../schemas/evaluation.ts'
import { InputError, namingFile, ReversalError } from '../support/errors.ts'
import { dropUnfinishedLine, exists, writeAtomic } from '../support/files.ts'
import { readJsonlBatches } from '../support/jsonl.ts'

const check = schemaCheck(scoredSampleSchema)

/** A sample as it should be: itself where nothing is to be changed, undefined where it should not be there. */
export type Revise = (sample: ScoredSample) => ScoredSample | undefined

const keep: Revise = (sample) => sample

/** `samples.jsonl`: what an evaluation has scored so far, one line a sample, written as it is scored. */
export class SampleJournal implements AsyncDisposable {
  /** By id, in the order of the lines. */
  readonly samples: Map<string, ScoredSample>
  readonly #path: string
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle, samples: Map<string, ScoredSample>) {
    this.#path = path
    this.#file = file
    this.samples = samples
  }

  /**
   * Open the journal or begin it. A last line that its writer was killed in is cut off; samples become what `revise`
   * makes of them, and those of which it makes nothing are gone. Of two lines of one sample the last counts.
   */
  static async open(path: string, { revise = keep }: { revise?: Revise } = {}): Promise<SampleJournal> {
    const samples = new Map<string, ScoredSample>()
    let changed = false
    for await (const batch of readSamples(path)) {
      for (const read of batch) {
        const sample = revise(read)
        if (sample !== read || samples.has(read.id)) changed = true
        if (sample !== undefined) samples.set(sample.id, sample)
      }
    }
    if (changed) await writeAtomic(path, linesOf(samples.values()))
    return new SampleJournal(path, await open(path, 'a'), samples)
  }

  /** Append a sample as one line. Throws ReversalError SAMPLE_INVALID for one that does not fit its schema. */
  async add(sample: ScoredSample): Promise<void> {
    const problem = check(sample)
    if (problem !== undefined) {
      throw new ReversalError(`The answer to ${sample.id} cannot be recorded: ${problem}.`, {
        code: 'SAMPLE_INVALID',
      })
    }
    await namingFile(this.#path, () => this.#file.appendFile(`${JSON.stringify(sample)}\n`))
    this.samples.set(sample.id, sample)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await namingFile(this.#path, async () => {
      await using file = this.#file
      await file.datasync()
    })
  }
}

/** The samples of a journal that another may be writing; none where there is none. Throws InputError BAD_JSONL. */
export async function readJournal(path: string): Promise<ScoredSample[]> {
  if (!(await exists(path))) return []
  const batches = readJsonlBatches<ScoredSample>(path, { check, allowEmpty: true, journal: true })
  return (await Array.fromAsync(batches)).flat()
}

async function* readSamples(path: string): AsyncGenerator<ScoredSample[]> {
  if (!(await exists(path))) return
  await dropUnfinishedLine(path)
  try {
    yield* readJsonlBatches<ScoredSample>(path, { check, allowEmpty: true })
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { message, code } = error
    throw new InputError(message, {
      code,
      suggestions: ['score all prompts again: --no-resume'],
      cause: error,
    })
  }
}

const BLOCK_UNITS = 1 << 18

/** Whole lines in blocks, as all of them may be more than a string can hold. */
function* linesOf(samples: Iterable<ScoredSample>): Generator<Uint8Array> {
  let block = ''
  for (const sample of samples) {
    block += `${JSON.stringify(sample)}\n`
    if (block.length < BLOCK_UNITS) continue
    yield Buffer.from(block)
    block = ''
  }
  yield Buffer.from(block)
}
