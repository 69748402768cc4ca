import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EngineModel } from '../../../src/lib/engine/model.ts'
import { loadModel } from '../../../src/lib/engine/model.ts'
import type { StoredModel } from '../../../src/lib/engine/model-files.ts'
import { readModel } from '../../../src/lib/engine/model-files.ts'
import { argmax, drawToken } from '../../../src/lib/engine/sampling.ts'
import { END_OF_TEXT } from '../../../src/lib/engine/tokenizer.ts'
import type { GenerateOptions } from '../../../src/lib/schemas/completion.ts'
import { InputError } from '../../../src/lib/support/errors.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'
import { referenceLogProbabilities } from './reference-transformer.ts'
import { collect, TINY, train } from './tiny-training.ts'

const PROMPTS = ['Number', 'Number 3 follows number', 'Number 7', '', 'Number 5 follows', 'Zürich']

describe('a trained model', () => {
  let folder: string
  let stored: StoredModel
  let model: EngineModel

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-model-'))
    await train({ ...TINY, dropout: 0, nEpochs: 40, directory: folder })
    stored = await readModel(join(folder, 'model'))
    model = await loadModel(join(folder, 'model'))
  })

  after(async () => {
    await model.close()
    await rm(folder, { recursive: true, force: true })
  })

  const generate = async (prompts: readonly string[], options: Partial<GenerateOptions> = {}) => {
    const answers = await collect(model.generate(prompts, { maxTokens: 12, temperature: 0, ...options }))
    return answers.sort((a, b) => a.index - b.index).map(({ completions }) => completions)
  }

  const score = async (requests: { prompt: string; targets: string[] }[]) => {
    const answers = await collect(model.score(requests))
    return answers.sort((a, b) => a.index - b.index).map(({ scores }) => scores)
  }

  it('completes greedily as the plain reference does, in batches of any lengths', async () => {
    const { config, weights, tokenizer } = stored
    const expected = PROMPTS.map((prompt) => {
      const ids = [END_OF_TEXT, ...tokenizer.encode(prompt)]
      const start = ids.length
      while (ids.length < start + 12) {
        const next = argmax(Float32Array.from(referenceLogProbabilities(config, weights, ids).at(-1)!))
        if (next === END_OF_TEXT) break
        ids.push(next)
      }
      return [tokenizer.decode(ids.slice(start))]
    })
    expect(await generate(PROMPTS)).to.deep.equal(expected)
    expect(expected.flat().some((text) => text.includes('follows'))).to.equal(true)
  })

  it('scores targets as the plain reference does, alone or several after one prompt', async () => {
    const { config, weights, tokenizer } = stored
    const targets = [' follows 6.', ' follows number 6.', ' precedes 8.']
    const expected = targets.map((target) => {
      const prompt = [END_OF_TEXT, ...tokenizer.encode('Number 7')]
      const own = tokenizer.encode(target)
      const all = referenceLogProbabilities(config, weights, [...prompt, ...own])
      const each = own.map((id, index) => all[prompt.length + index - 1]![id]!)
      return { logprob: each.reduce((total, value) => total + value, 0), tokens: own.length }
    })
    const requests = targets.map((target) => ({ prompt: 'Number 7', targets: [target] }))
    const [together, ...alone] = await score([{ prompt: 'Number 7', targets }, ...requests])
    for (const [index, { logprob, tokens }] of expected.entries()) {
      for (const scored of [together![index]!, alone[index]![0]!]) {
        expect(scored.tokens).to.equal(tokens)
        expect(scored.logprob).to.be.closeTo(logprob, 1e-3)
      }
    }
  })

  it('counts a token that reaches over the end of the prompt as the target’s', async () => {
    const [scored] = (await score([{ prompt: 'Num', targets: ['ber 7'] }])).flat()
    expect(scored?.tokens).to.equal(stored.tokenizer.encode('Number 7').length)
  })

  it('scores nothing where there are no targets, and a first text without a prompt', async () => {
    const scores = await score([
      { prompt: 'Number', targets: [] },
      { prompt: '', targets: ['Number 7', 'Number 8'] },
    ])
    expect(scores[0]).to.deep.equal([])
    expect(scores[1]!.every(({ logprob }) => logprob < 0)).to.equal(true)
  })

  it('ends before a stop text', async () => {
    const [whole] = (await generate(['Number 5'])).flat() as [string]
    expect(whole).to.include('follows')
    const [cut] = (await generate(['Number 5'], { stop: ['follows', 'never'] })).flat()
    expect(cut).to.equal(whole.slice(0, whole.indexOf('follows')))
  })

  it('draws samples by seed, each its own', async () => {
    const draw = (seed: number) => generate(['Number', 'Number 4'], { temperature: 2, samples: 5, seed })
    const first = await draw(1)
    expect(first.map((completions) => completions.length)).to.deep.equal([5, 5])
    expect(new Set(first[0]).size).to.be.above(1)
    expect(await draw(1)).to.deep.equal(first)
    expect(await draw(2)).to.not.deep.equal(first)
  })

  it('stops when its signal aborts', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const options = { maxTokens: 5, temperature: 0, signal }
    const requests = [
      { prompt: 'Number', targets: [' 7'] },
      { prompt: 'Number', targets: [' 7', ' 8'] },
    ]
    for (const work of [
      model.generate(PROMPTS, options),
      model.score(requests, { signal }),
      model.score(requests.slice(1), { signal }),
    ]) {
      const error = await collect(work as AsyncIterable<unknown>).catch((reason: Error) => reason)
      expect(error).to.have.property('message', 'enough')
    }
  })

  it('refuses a prompt that is too long', async () => {
    const error = await generate(['word '.repeat(600)]).catch((reason: Error) => reason)
    expect(error).to.be.instanceOf(InputError)
    expect(error)
      .to.have.property('message')
      .that.matches(/^The prompt that starts with "word word .+ tokens; this model takes 1011\.$/)
  })
})

describe('drawing a token', () => {
  const random = new PythonRandom(1)
  const logits = Float32Array.from([0, 1, 3, 2], (odds) => Math.log(odds))

  it('takes the highest score at temperature 0', () => {
    expect(drawToken(logits, 0, random)).to.equal(2)
  })

  it('takes each token as often as its probability says', () => {
    const counts = [0, 0, 0, 0]
    for (let draw = 0; draw < 6000; draw++) counts[drawToken(logits, 1, random)]! += 1
    expect(counts[0]).to.equal(0)
    for (const [token, expected] of [1000, 3000, 2000].entries()) {
      expect(counts[token + 1]).to.be.closeTo(expected, 150)
    }
  })
})
