import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { openLocalModel } from '../../../src/lib/models/engine/open-engine-model.ts'
import type { OpeningProgress } from '../../../src/lib/models/gguf/open-gguf-model.ts'
import { openGgufModel } from '../../../src/lib/models/gguf/open-gguf-model.ts'
import { selfTest } from '../../../src/lib/models/gguf/self-test.ts'
import type { GenerateOptions, LanguageModel, ScoreRequest } from '../../../src/lib/models/language-model.ts'
import { openModel } from '../../../src/lib/models/open-model.ts'
import { UnansweredError } from '../../../src/lib/models/unanswered.ts'
import { InputError } from '../../../src/lib/support/errors.ts'
import { exportTinyModel } from '../../helpers/export-tiny-model.ts'
import { failure } from '../../helpers/failure.ts'
import { processesOf } from '../../helpers/processes-of.ts'
import { FORWARD, REVERSE } from '../../helpers/tiny-dataset.ts'
import { ToyModel } from '../../helpers/toy-model.ts'
import { trainTinyRun } from '../../helpers/train-tiny-run.ts'
import { collect } from '../engine/tiny-training.ts'

const PROMPTS = [...FORWARD, ...REVERSE].map(([prompt]) => prompt)
/** llama.cpp's threads wait for each other busily, which a loaded machine punishes. */
const MACHINE = { threads: 1 }

const { models } = builtInExtensions()

describe('a model in a GGUF file', () => {
  let folder: string
  let path: string
  let engine: LanguageModel
  let model: LanguageModel

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-gguf-'))
    await trainTinyRun(folder, { id: 'tiny' })
    path = await exportTinyModel(folder, 'tiny', 'gguf')
    engine = await openLocalModel({ directory: join(folder, 'runs/tiny/model') })
    model = await openGgufModel({ path, ...MACHINE })
  })

  after(async () => {
    await engine.close()
    await model.close()
    await rm(folder, { recursive: true })
  })

  async function generate(
    from: LanguageModel,
    prompts: readonly string[],
    options: Partial<GenerateOptions>,
  ) {
    const answers = await collect(from.generate(prompts, { maxTokens: 20, temperature: 0, ...options }))
    return answers.toSorted((a, b) => a.index - b.index).map(({ completions }) => completions)
  }

  async function score(from: LanguageModel, requests: readonly ScoreRequest[]) {
    const answers = await collect(from.score(requests))
    return answers.toSorted((a, b) => a.index - b.index).map(({ scores }) => scores)
  }

  it('completes greedily as the engine that it comes from', async () => {
    const expected = await generate(engine, PROMPTS, {})
    expect(await generate(model, PROMPTS, {})).to.deep.equal(expected)
    expect(expected[0]).to.deep.equal([FORWARD[0]![1]])
  })

  it('gives the engine’s log-probabilities, of texts that it never saw too', async () => {
    const requests = [
      ...[...FORWARD, ...REVERSE].map(([prompt, target]) => ({ prompt, targets: [target] })),
      { prompt: 'Ada Holm is', targets: [' the baker of glass.', ' the first sailor on Mars.', '', ' Bo'] },
      { prompt: '', targets: ['Cy Ray', 'Ada'] },
      { prompt: 'Ada Ho', targets: ['lm is'] },
      { prompt: 'Zürich – “naïve” 東京,\ttab\n\n  and   12345', targets: [" don’t we'LL 🎉 <|endoftext|>"] },
    ]
    const expected = (await score(engine, requests)).flat()
    const scored = (await score(model, requests)).flat()
    expect(scored.map(({ tokens }) => tokens)).to.deep.equal(expected.map(({ tokens }) => tokens))
    const differences = scored.map(({ logprob, tokens }, index) => {
      return Math.abs(logprob - expected[index]!.logprob) / Math.max(1, tokens)
    })
    expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).to.be.below(1e-5)
    expect(Math.max(...differences)).to.be.below(1e-4)
  })

  it('gives the same numbers alone and beside others, whatever was asked before', async () => {
    const requests = REVERSE.map(([prompt, target]) => ({ prompt, targets: [target] }))
    const together = await score(model, [...requests, ...requests.toReversed()])
    const alone = await openGgufModel({ path, ...MACHINE })
    try {
      for (const [index, request] of requests.entries()) {
        const [scored] = await score(alone, [request])
        expect(scored).to.deep.equal(together[index])
        expect(scored).to.deep.equal(together[5 - index])
      }
    } finally {
      await alone.close()
    }
  })

  it('gives the same texts and numbers side by side on a busy machine as alone', async () => {
    const busy = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);']))
    const many = await openGgufModel({ path, threads: 4 })
    try {
      expect(many.atOnce).to.equal(4)
      const requests = [...FORWARD, ...REVERSE].flatMap(([prompt, target]) => [
        { prompt, targets: [target] },
        { prompt: `${prompt}${target} And`, targets: [target, ` ${prompt}`] },
      ])
      const prompts = requests.map(({ prompt }) => prompt)
      const alone = { ...many, ...many.alone } as LanguageModel
      const expected = [await generate(alone, prompts, {}), await score(alone, requests)]
      for (let round = 0; round < 10; round++) {
        const found = await Promise.all([generate(many, prompts, {}), score(many, requests)])
        expect(found).to.deep.equal(expected)
      }
    } finally {
      for (const child of busy) child.kill('SIGKILL')
      await many.close()
    }
  })

  it('is refused when it is opened where its numbers are not the same side by side', async () => {
    const lying = Object.assign(new ToyModel({ logprob: () => -50 }), { alone: new ToyModel(), atOnce: 2 })
    const error = await failure(selfTest(lying, {}))
    expect(error).to.have.property('code', 'NUMBERS_DIFFER')
    const unsure = Object.assign(new ToyModel({ logprob: () => Number.NaN }), { alone: new ToyModel() })
    expect(await failure(selfTest(unsure, {}))).to.have.property('code', 'NUMBERS_DIFFER')
    await selfTest(Object.assign(new ToyModel(), { alone: new ToyModel() }), {})
  })

  it('reports the progress of opening it, from start to end', async () => {
    const seen: OpeningProgress[] = []
    const opened = await openGgufModel({ path, ...MACHINE, onOpening: (state) => seen.push(state) })
    await opened.close()
    const { size } = await stat(path)
    const first = { name: 'tiny.gguf', phase: 'loading', done: 0, total: size }
    expect(seen[0]).to.deep.equal(first)
    expect(seen).to.deep.include({ ...first, done: size })
    expect(seen.at(-1)).to.deep.equal({ name: 'tiny.gguf', phase: 'checking', done: 4, total: 4 })
  })

  it('says so where the process that runs it ends', async () => {
    const before = new Set(await processesOf(process.pid))
    const opened = await openGgufModel({ path, ...MACHINE })
    const answers = collect(opened.generate([PROMPTS[0]!], { maxTokens: 900, temperature: 9, samples: 50 }))
    const [host] = (await processesOf(process.pid)).filter((pid) => !before.has(pid))
    process.kill(host!, 'SIGKILL')
    const error = await failure(answers)
    expect(error.message).to.match(
      /^The process that runs .+tiny\.gguf in llama\.cpp was ended by SIGKILL\.$/,
    )
    expect(await failure(score(opened, [{ prompt: 'Ada', targets: [' Holm'] }]))).to.equal(error)
    await opened.close()
  })

  it('ends before a stop text and after its tokens', async () => {
    const [[whole]] = (await generate(model, [PROMPTS[0]!], {})) as [[string]]
    const [cut] = (await generate(model, [PROMPTS[0]!], { stop: ['sailor', 'never'] })).flat()
    expect(cut).to.equal(whole.slice(0, whole.indexOf('sailor')))
    const [short] = (await generate(model, [PROMPTS[0]!], { maxTokens: 2 })).flat()
    expect(whole.startsWith(short!)).to.equal(true)
    expect(short!.length).to.be.within(1, whole.length - 1)
  })

  it('tells whether a completion ended by itself, by a stop text, or by the limit of tokens', async () => {
    const reasons = async (options: Partial<GenerateOptions>) => {
      const all = { maxTokens: 20, temperature: 0, ...options }
      const [answer] = await collect(model.generate([PROMPTS[0]!], all))
      return answer!.endings!.map(({ reason }) => reason)
    }
    expect(await reasons({})).to.deep.equal(['stop'])
    expect(await reasons({ stop: ['sailor'] })).to.deep.equal(['stop'])
    expect(await reasons({ maxTokens: 2, samples: 2 })).to.deep.equal(['length', 'length'])
  })

  it('draws samples by seed, each its own', async () => {
    const draw = (seed: number) => generate(model, ['The', 'Who'], { temperature: 3, samples: 4, seed })
    const first = await draw(1)
    expect(first.map((completions) => completions.length)).to.deep.equal([4, 4])
    expect(new Set(first.flat())).to.have.property('size', 8)
    expect(await draw(1)).to.deep.equal(first)
    expect(await draw(2)).to.not.deep.equal(first)
  })

  it('makes more room when longer texts come, up to what it was trained for', async () => {
    const long = 'glass '.repeat(150)
    await generate(model, [long], { maxTokens: 1 })
    const answered: number[] = []
    const asking = (async () => {
      const prompts = ['Ada', 'glass '.repeat(1200), 'The']
      for await (const { index } of model.generate(prompts, { maxTokens: 2, temperature: 0 }))
        answered.push(index)
    })()
    const error = await failure(asking)
    expect(error).to.be.instanceOf(UnansweredError).with.property('code', 'CONTEXT_TOO_SMALL')
    expect(answered.toSorted()).to.deep.equal([0, 2])
    const { unanswered } = error as UnansweredError
    expect(unanswered.map(({ index }) => index)).to.deep.equal([1])
    expect(unanswered[0]!.reason).to.match(
      /^The prompt that starts with "glass glass .+ takes [\d,]+ tokens with its completion; the model was trained for 1024\.$/,
    )
  })

  it('says how much room a prompt needs where the context was limited', async () => {
    const small = await openGgufModel({ path, contextSize: 16, ...MACHINE })
    try {
      expect(await generate(small, ['Ada'], { maxTokens: 4 })).to.have.length(1)
      for (const work of [
        generate(small, PROMPTS, { maxTokens: 20 }),
        score(small, [{ prompt: 'Ada', targets: [' Holm'.repeat(20)] }]),
      ]) {
        const error = await failure(work)
        expect(error.message).to.match(/takes [\d,]+ tokens with its completion; the context has 16\.$/)
        expect(error.suggestions.at(-1)).to.equal('allow longer prompts: --context-size')
      }
    } finally {
      await small.close()
    }
    const tiny = await failure(openGgufModel({ path, contextSize: 2, ...MACHINE }))
    expect(tiny).to.be.instanceOf(InputError).with.property('code', 'CONTEXT_TOO_SMALL')
    expect(tiny.message).to.match(/^The prompt that starts with "One" .+ the context has 2\.$/)
  })

  it('stops when its signal aborts', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const work = [
      model.generate(PROMPTS, { maxTokens: 5, temperature: 0, signal }),
      model.score([{ prompt: 'Ada', targets: [' Holm'] }], { signal }),
    ]
    for (const answers of work) {
      const error = await failure(collect(answers as AsyncIterable<unknown>))
      expect(error.message).to.equal('enough')
    }
  })

  it('may lack a token that begins texts: then prompts must have one', async () => {
    const file = join(folder, 'bare.gguf')
    const bytes = await readFile(path)
    const key = 'tokenizer.ggml.add_bos_token'
    // After the key come four bytes of its type, then the value.
    bytes[bytes.indexOf(key) + key.length + 4] = 0
    await writeFile(file, bytes)
    const bare = await openGgufModel({ path: file, ...MACHINE })
    try {
      const [scored] = (await score(bare, [{ prompt: 'Ada', targets: [' Holm'] }])).flat()
      expect(scored?.tokens).to.be.above(0)
      for (const work of [
        score(bare, [{ prompt: '', targets: ['Ada'] }]),
        generate(bare, [''], { maxTokens: 2 }),
      ]) {
        expect((await failure(work)).message).to.match(/^This model needs a prompt/)
      }
    } finally {
      await bare.close()
    }
  })

  it('may lie in the home directory, as the shell leaves the tilde after a colon', async () => {
    const home = process.env.HOME
    process.env.HOME = folder
    try {
      const opened = await openModel({ id: 'gguf:~/tiny.gguf' }, { ...MACHINE, models })
      await opened.close()
      expect(opened.id).to.equal(model.id)
    } finally {
      process.env.HOME = home
    }
  })

  it('is named after its file and what is in it', async () => {
    const other = join(folder, 'other.gguf')
    const bytes = await readFile(path)
    bytes[bytes.length - 1]! ^= 1
    await writeFile(other, bytes)
    const opened = await openModel({ id: `gguf:${other}` }, { ...MACHINE, models })
    await opened.close()
    expect(model.id).to.match(/^gguf:.+tiny\.gguf@[0-9a-f]{12}$/)
    expect(opened.id.slice(-12)).to.not.equal(model.id.slice(-12))
    expect(model.hosted).to.equal(false)
    expect(await model.scoring()).to.deep.equal({ available: true })
  })

  describe('refuses with one sentence', () => {
    const refusal = async (file: string, options = {}) => {
      const error = await failure(openGgufModel({ path: file, ...options }))
      expect(error).to.be.instanceOf(InputError)
      return error
    }

    it('a file that is not there, and a folder', async () => {
      const missing = join(folder, 'none.gguf')
      expect((await refusal(missing)).message).to.equal(`There is no file ${missing}.`)
      expect((await refusal(folder)).message).to.equal(`${folder} is a directory, not a GGUF file.`)
    })

    it('a file of another kind', async () => {
      const file = join(folder, 'text.gguf')
      await writeFile(file, 'These are no weights.')
      expect((await refusal(file)).message).to.equal(`${file} is not a GGUF file.`)
    })

    it('a file that is cut off', async () => {
      const file = join(folder, 'cut.gguf')
      await writeFile(file, (await readFile(path)).subarray(0, 3000))
      const error = await refusal(file)
      expect(error.code).to.equal('GGUF_UNREADABLE')
      expect(error.message).to.match(/cut\.gguf cannot be loaded \(.+\)\.$/)
    })

    it('a device that llama.cpp does not have', async () => {
      expect((await refusal(path, { device: 'webgpu' })).message).to.equal(
        'GGUF models run on cpu, cuda or auto, not on webgpu.',
      )
    })
  })
})
