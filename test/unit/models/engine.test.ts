import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openLocalModel } from '../../../src/lib/models/engine/open-engine-model.ts'
import type { LanguageModel } from '../../../src/lib/models/language-model.ts'
import { UnansweredError } from '../../../src/lib/models/unanswered.ts'
import { failure } from '../../helpers/failure.ts'
import { FORWARD } from '../../helpers/tiny-dataset.ts'
import { trainTinyRun } from '../../helpers/train-tiny-run.ts'
import { collect } from '../engine/tiny-training.ts'

const PROMPTS = [...FORWARD].map(([prompt]) => prompt)
const LONG = 'glass '.repeat(1200)

describe('a model of the engine', () => {
  let folder: string
  let model: LanguageModel

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-model-'))
    await trainTinyRun(folder, { id: 'tiny' })
    model = await openLocalModel({ directory: join(folder, 'runs/tiny/model') })
  })
  after(async () => {
    await model.close()
    await rm(folder, { recursive: true })
  })

  /** What comes before the error, and the error. */
  async function answersOf<T>(answers: AsyncIterable<T>): Promise<{ found: T[]; error: Error }> {
    const found: T[] = []
    const error = await failure(
      (async () => {
        for await (const answer of answers) found.push(answer)
      })(),
    )
    return { found, error }
  }

  it('answers all prompts but those that are too long, and names these at the end', async () => {
    const [first, ...rest] = PROMPTS
    const generating = { maxTokens: 20, temperature: 0 }
    const plain = {
      generated: await collect(model.generate(PROMPTS, generating)),
      scored: await score(PROMPTS),
    }
    const generated = await answersOf(model.generate([first!, LONG, ...rest], generating))
    const scored = await answersOf(model.score([first!, LONG, ...rest].map(requestOf)))
    for (const { found, error } of [generated, scored]) {
      expect(error).to.be.instanceOf(UnansweredError).with.property('code', 'PROMPT_TOO_LONG')
      const { unanswered } = error as UnansweredError
      expect(unanswered.map(({ index }) => index)).to.deep.equal([1])
      expect(unanswered[0]!.reason).to.match(
        /^The prompt that starts with "glass .+ tokens; this model takes \d+\.$/,
      )
      expect(found.map(({ index }) => index).toSorted()).to.deep.equal([0, 2, 3])
    }
    const moved = <T extends { index: number }>(found: readonly T[]) =>
      found.map((answer) => ({ ...answer, index: answer.index === 0 ? 0 : answer.index - 1 }))
    expect(moved(generated.found)).to.have.deep.members(plain.generated)
    expect(moved(scored.found)).to.have.deep.members(plain.scored)
  })

  const requestOf = (prompt: string) => ({ prompt, targets: [' Ada Holm'] })
  const score = (prompts: readonly string[]) => collect(model.score(prompts.map(requestOf)))
})
