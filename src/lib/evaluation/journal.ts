import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { schemaCheck } from '../schemas/compile.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import { scoredSampleSchema } from '../schemas/evaluation.ts'
import { InputError, namingFile, ReversalError } from '../support/errors.ts'
import { dropUnfinishedLine, exists } from '../support/files.ts'
import { readJsonl } from '../support/jsonl.ts'

const check = schemaCheck(scoredSampleSchema)

/** `samples.jsonl`: what an evaluation has scored so far, one line a sample, written as it is scored. */
export class SampleJournal implements AsyncDisposable {
  /** By id, in the order of the lines. */
  readonly samples: Map<string, ScoredSample>
  readonly #path: string
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle, samples: readonly ScoredSample[]) {
    this.#path = path
    this.#file = file
    this.samples = new Map(samples.map((sample) => [sample.id, sample]))
  }

  /** Open the journal or begin it. A last line that its writer was killed in is cut off. */
  static async open(path: string): Promise<SampleJournal> {
    const samples = await readSamples(path)
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

async function readSamples(path: string): Promise<ScoredSample[]> {
  if (!(await exists(path))) return []
  await dropUnfinishedLine(path)
  try {
    return await readJsonl<ScoredSample>(path, { check, allowEmpty: true })
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
