import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { GenerateOptions, LanguageModel } from '../../../../src/lib/models/language-model.ts'
import type { HostedModelOptions } from '../../../../src/lib/models/openai/hosted-model.ts'
import { openHostedModel } from '../../../../src/lib/models/openai/hosted-model.ts'
import { InterruptedError } from '../../../../src/lib/support/errors.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { failure } from '../../../helpers/failure.ts'
import type { FakeOpenAIOptions } from '../../../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../../../helpers/fake-openai/server.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const BASE_MODEL = 'davinci-002'
const KEY = 'sk-test-0123456789'
const MODELS = { [MODEL]: null, [BASE_MODEL]: null, 'ft:davinci-002:me::1': null }
const GREEDY = { maxTokens: 20, temperature: 0 }

/** Answers with the prompt and the number of the sample. */
const language = {
  answer: (prompt: string, { sample }: { sample: number }) => ` on ${prompt} ${sample}, and. More.`,
}

describe('a hosted model', () => {
  let folder: string
  let fake: FakeOpenAI
  let model: LanguageModel

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hosted-'))
  })
  afterEach(async () => {
    await model?.close()
    await fake?.stop()
    await rm(folder, { recursive: true })
  })

  async function open(options: Partial<HostedModelOptions> = {}, server: FakeOpenAIOptions = {}) {
    fake = await FakeOpenAI.start({ models: MODELS, language, ...server })
    await reopen(options)
  }

  async function reopen(options: Partial<HostedModelOptions> = {}) {
    await model?.close()
    model = await openHostedModel({ model: MODEL, baseUrl: fake.url, apiKey: KEY, backoffMs: 2, ...options })
  }

  async function generate(prompts: readonly string[], options: Partial<GenerateOptions> = {}) {
    const completions: string[][] = []
    for await (const { index, completions: texts } of model.generate(prompts, { ...GREEDY, ...options })) {
      expect(completions[index]).to.equal(undefined)
      completions[index] = texts
    }
    return completions
  }

  const bodies = () => fake.requests.map(({ body }) => body as Record<string, unknown>)

  it('asks chat models in a chat, with a message of the system where there is one', async () => {
    await open({ system: 'Be brief.' })
    expect(await generate(['a', 'b'])).to.deep.equal([['on a 0, and. More.'], ['on b 0, and. More.']])
    expect(fake.requests[0]?.path).to.equal('/chat/completions')
    expect(bodies()[0]).to.deep.equal({
      model: MODEL,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'a' },
      ],
      max_tokens: 20,
      temperature: 0,
      n: 1,
    })
  })

  it('asks models for plain text, by their name or by choice, with what a user adds', async () => {
    await open({ model: BASE_MODEL, parameters: { add_special_tokens: false } })
    expect(await generate(['a'])).to.deep.equal([[' on a 0, and. More.']])
    const body = { model: BASE_MODEL, prompt: 'a', max_tokens: 20, temperature: 0, n: 1 }
    expect(bodies()[0]).to.deep.equal({ ...body, add_special_tokens: false })
    for (const options of [{ model: 'ft:davinci-002:me::1' }, { api: 'completions' as const }]) {
      await reopen(options)
      await generate(['a'])
      expect(fake.requests.at(-1)?.path).to.equal('/completions')
    }
  })

  it('is named by all that decides its answers', async () => {
    await open()
    const plain = model.id
    expect(plain).to.equal(`openai/${MODEL} (chat at ${fake.url})`)
    const ids = [plain]
    for (const options of [{ api: 'completions' }, { system: 'x' }, { parameters: { top_k: 1 } }] as const) {
      await reopen(options)
      ids.push(model.id)
    }
    expect(new Set(ids)).to.have.length(4)
    await reopen({ organization: 'org-1', concurrency: 3 })
    expect(model.id).to.equal(plain)
  })

  it('refuses a message of the system for plain text', async () => {
    await open()
    const { message } = await failure(reopen({ api: 'completions', system: 'Be brief.' }))
    expect(message).to.match(/ completes plain text, which has no system message/)
  })

  it('ends completions before a stop text, also those beyond the four that servers take', async () => {
    await open()
    expect(await generate(['a'], { stop: [',', '!', '?', ';', '.'] })).to.deep.equal([['on a 0']])
    expect(bodies()[0]?.stop).to.deep.equal([',', '!', '?', ';'])
    expect(await generate(['a'], { stop: ['!', '?', ';', ':', '.'] })).to.deep.equal([['on a 0, and']])
  })

  it('draws samples in one request, or where the server knows no n, in several', async () => {
    await open()
    const options = { temperature: 1, samples: 3, stop: [','] }
    expect(await generate(['a'], options)).to.deep.equal([['on a 0', 'on a 1', 'on a 2']])
    expect(bodies().map(({ n }) => n)).to.deep.equal([3])
    await fake.stop()
    const one = { choices: [{ message: { content: 'one' } }] }
    await open({}, { intercept: () => one })
    expect(await generate(['a'], options)).to.deep.equal([['one', 'one', 'one']])
    expect(bodies().map(({ n }) => n)).to.deep.equal([3, 2, 1])
  })

  it('gives each sample a seed of its own', async () => {
    await open()
    await generate(['a'], { temperature: 1, samples: 3, seed: 7 })
    expect(bodies().map(({ seed, n }) => [seed, n])).to.deep.equal([
      [7, 1],
      [8, 1],
      [9, 1],
    ])
  })

  it('keeps what came before a failure, and ends at it', async () => {
    await open({ concurrency: 1 }, { apiKey: KEY })
    const seen: string[] = []
    const work = (async () => {
      for await (const { completions } of model.generate(['a', 'b', 'c'], GREEDY)) {
        seen.push(...completions)
        fake.options.apiKey = 'changed'
      }
    })()
    expect((await failure(work)).code).to.equal('API_KEY_REFUSED')
    expect(seen.length).to.be.within(1, 2)
  })

  it('stops with the reason of its signal', async () => {
    await open({}, { latencyMs: 10_000 })
    const controller = new AbortController()
    const work = failure(generate(['a', 'b'], { signal: controller.signal }))
    await eventually('two requests', () => fake.requests.length === 2)
    controller.abort(new InterruptedError())
    expect(await work).to.be.instanceOf(InterruptedError)
  })

  it('names the models like one that is not there', async () => {
    await open({ model: 'gpt-4.1-mini' })
    const { message, suggestions } = await failure(generate(['a']))
    expect(message).to.equal(`${fake.url} has no model gpt-4.1-mini.`)
    expect(suggestions).to.deep.equal([`did you mean ${MODEL}?`])
    const many = Array.from({ length: 500 }, (_, index) => String(index))
    expect((await failure(generate(many))).code).to.equal('MODEL_NOT_FOUND')
    expect((await failure(model.scoring())).code).to.equal('MODEL_NOT_FOUND')
    expect(fake.requests.length).to.be.below(30)
  })

  it('says so where the server is none of this kind', async () => {
    const strange = [
      '<html>Welcome</html>',
      { choices: [] },
      { choices: [{}] },
      { error: 'Unexpected endpoint.' },
    ]
    for (const answer of strange) {
      await open({}, { intercept: () => answer })
      const { message } = await failure(generate(['a']))
      expect(message).to.match(/does not answer as OpenAI’s API does: (it|in its answer)/)
      await fake.stop()
    }
  })

  describe('with a cache', () => {
    const cache = () => join(folder, 'cache')

    it('asks no question twice, but asks new ones', async () => {
      await open({ cache: cache() })
      const first = await generate(['a', 'b'])
      await reopen({ cache: cache() })
      expect(await generate(['b', 'a'])).to.deep.equal(first.toReversed())
      expect(fake.requests).to.have.length(2)
      await generate(['a'], { maxTokens: 3 })
      await generate(['a'], { stop: ['.'] })
      await reopen({ cache: cache(), api: 'completions' })
      await generate(['a'])
      await reopen({ cache: cache(), system: 'x' })
      await generate(['a'])
      expect(fake.requests).to.have.length(6)
      await fake.stop()
      await open({ cache: cache() })
      await generate(['a'])
      expect(fake.requests).to.have.length(1)
    })

    it('knows samples by their number', async () => {
      await open({ cache: cache() })
      await generate(['a'], { temperature: 1, samples: 2 })
      const samples = await generate(['a'], { temperature: 1, samples: 5 })
      expect(samples[0]?.slice(0, 2)).to.deep.equal(['on a 0, and. More.', 'on a 1, and. More.'])
      expect(bodies().map(({ n }) => n)).to.deep.equal([2, 3])
    })

    it('detects a damaged answer and fetches it again', async () => {
      await open({ cache: cache() })
      const [answer] = await generate(['a'])
      const [name] = await readdir(cache())
      const file = join(cache(), name!)
      const whole = await readFile(file, 'utf8')
      for (const damaged of [whole.replace('on a 0', 'on b 0'), whole.slice(0, -20), '']) {
        await writeFile(file, damaged)
        expect(await generate(['a'])).to.deep.equal([answer])
      }
      await rm(file)
      expect(await generate(['a'])).to.deep.equal([answer])
      expect(fake.requests).to.have.length(5)
      await generate(['a'])
      expect(fake.requests).to.have.length(5)
    })

    it('does not hide that it cannot be read, and loses no answer by that', async () => {
      await writeFile(join(folder, 'file'), '')
      const told: string[] = []
      await open({ cache: join(folder, 'file'), onCacheFailure: (sentence) => told.push(sentence) })
      expect(await generate(['a', 'b'])).to.have.length(2)
      expect(told).to.have.length(1)
      expect(told[0]).to.match(
        /^Cached answers are not used \(.*file\): Cannot read .*: a part of that path is a file, not a directory\.$/,
      )
    })

    it('holds neither the key nor the prompt', async () => {
      await open({ cache: cache() })
      await generate(['a secret prompt'], { maxTokens: 1 })
      const entries = await readdir(cache(), { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      const texts = await Promise.all(
        files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
      )
      expect(texts.join('')).to.include(MODEL)
      expect(texts.join('')).to.not.match(new RegExp(`${KEY}|secret prompt|Bearer`))
    })
  })

  describe('scores targets', () => {
    const logprob = (context: string, token: string) => -(context.length + token.length) / 100

    /** Sum over the tokens, which follow the text before them. */
    const expected = (context: string, tokens: readonly string[]) => {
      let text = context
      let sum = 0
      for (const token of tokens) {
        sum += logprob(text, token)
        text += token
      }
      return { logprob: sum, tokens: tokens.length }
    }

    async function score(prompt: string, targets: readonly string[]) {
      const scores = []
      for await (const scoring of model.score([{ prompt, targets }])) scores.push(...scoring.scores)
      return scores
    }

    function expectScores(scores: { logprob: number; tokens: number }[], wanted: typeof scores) {
      expect(scores.map(({ tokens }) => tokens)).to.deep.equal(wanted.map(({ tokens }) => tokens))
      for (const [index, { logprob: sum }] of scores.entries()) {
        expect(sum).to.be.closeTo(wanted[index]!.logprob, 1e-9)
      }
    }

    for (const scoring of ['echo', 'vllm'] as const) {
      it(`of plain text, where the server is like ${scoring === 'echo' ? 'OpenAI’s was' : 'vLLM'}`, async () => {
        await open({ model: BASE_MODEL }, { scoring, language: { logprob } })
        expect(await model.scoring()).to.deep.equal({ available: true })
        const wanted = [expected('Ada Holm is', [' the', ' first', '.']), expected('Ada Holm is', [' not'])]
        expectScores(await score('Ada Holm is', [' the first.', ' not']), wanted)
      })

      it(`as those of a token that reaches over the end of the prompt (${scoring})`, async () => {
        await open({ model: BASE_MODEL }, { scoring, language: { logprob } })
        expectScores(await score('Ada ', ['Holm']), [expected('Ada', [' Holm'])])
        expectScores(await score('Ada Ho', ['lm is']), [expected('Ada', [' Holm', ' is'])])
      })
    }

    it('by the difference to the prompt where tokens do not spell the text', async () => {
      await open({ model: BASE_MODEL }, { language: { logprob }, scoring: 'split' })
      expectScores(await score('Zoë is', [' Noë']), [
        expected('Zo\ufffd\ufffd is', [' No', '\ufffd', '\ufffd']),
      ])
    })

    it('in chats, where the server is like vLLM', async () => {
      await open({}, { scoring: 'vllm', language: { logprob } })
      expect(await model.scoring()).to.deep.equal({ available: true })
      const context = '<user> Who is it?\n<assistant>'
      expectScores(await score('Who is it?', [' Ada Holm']), [expected(context, [' Ada', ' Holm'])])
    })

    it('but not where a number is missing', async () => {
      const logprobs = (token_logprobs: (number | null)[]) => ({
        choices: [
          { text: '', logprobs: { tokens: ['The capital of', ' France', ' is Paris.'], token_logprobs } },
        ],
        usage: { completion_tokens: 0 },
      })
      let answer = logprobs([null, -1, -1])
      await open({ model: BASE_MODEL }, { intercept: () => answer })
      expect(await model.scoring()).to.deep.equal({ available: true })
      answer = logprobs([null, -1, null])
      const { code, message } = await failure(score('The capital of France', [' is Paris.']))
      expect(code).to.equal('SCORE_MISSING')
      expect(message).to.match(/gave no log-probability for a token/)
    })

    it('once, where there is a cache', async () => {
      await open({ model: BASE_MODEL, cache: join(folder, 'cache') }, { language: { logprob } })
      const first = await score('a', [' b'])
      const { length } = fake.requests
      expect(await score('a', [' b'])).to.deep.equal(first)
      expect(fake.requests).to.have.length(length)
    })

    it('through all faults', async () => {
      const faults = { throttled: 0.2, failed: 0.1, cut: 0.1, seed: 2 }
      await open({ model: BASE_MODEL }, { language: { logprob }, faults })
      const requests = Array.from({ length: 40 }, (_, index) => ({ prompt: `p${index}`, targets: [' t'] }))
      const indexes = []
      for await (const { index, scores } of model.score(requests)) {
        indexes.push(index)
        expectScores(scores, [expected(`p${index}`, [' t'])])
      }
      expect(new Set(indexes)).to.have.length(40)
    })
  })

  describe('says why it cannot score', () => {
    async function reason(options: Partial<HostedModelOptions>, server: FakeOpenAIOptions) {
      await open(options, server)
      const availability = await model.scoring()
      const scores = model.score([{ prompt: 'a', targets: [' b'] }])[Symbol.asyncIterator]()
      const { code } = await failure(scores.next())
      expect(code).to.equal('SCORING_UNAVAILABLE')
      return availability.available ? '' : availability.reason.replace(fake.url, 'URL')
    }

    it('where the server refuses echo', async () => {
      expect(await reason({ model: BASE_MODEL }, { scoring: 'refused' })).to.match(
        /^URL gives no log-probabilities of given texts \(echo with logprobs: .*Only no echo is supported\.; prompt_logprobs: not in its answer\)\.$/,
      )
    })

    it('where the server does not know what is meant', async () => {
      const unknown = 'not in its answer'
      expect(await reason({ model: BASE_MODEL }, { scoring: 'ignored' })).to.equal(
        `URL gives no log-probabilities of given texts (echo with logprobs: ${unknown}; prompt_logprobs: ${unknown}).`,
      )
      await fake.stop()
      expect(await reason({}, { scoring: 'echo' })).to.match(/\(prompt_logprobs: not in its answer\)\.$/)
    })

    it('where the numbers cannot be right', async () => {
      const wrong = {
        'a number for the first token': [-1, -1, -1],
        'numbers that are not log-probabilities': [null, 'x', -1],
        'not one number per token': [null, -1],
      }
      for (const [flaw, token_logprobs] of Object.entries(wrong)) {
        const tokens = ['The capital of', ' France', ' is Paris.']
        const choice = { text: '', logprobs: { tokens, token_logprobs } }
        const answer = { choices: [choice], usage: { completion_tokens: 0 } }
        expect(await reason({ model: BASE_MODEL }, { intercept: () => answer })).to.include(flaw)
        await fake.stop()
      }
    })

    it('in OpenAI’s chats, without asking', async () => {
      model = await openHostedModel({ model: MODEL, apiKey: KEY })
      expect(await model.scoring()).to.deep.equal({
        available: false,
        reason: 'The chats of OpenAI give no log-probabilities of texts that the model did not write.',
      })
    })

    it('where only the new token has numbers', async () => {
      const choice = { text: ' x', logprobs: { tokens: [' x'], token_logprobs: [null] } }
      const answer = { choices: [choice] }
      expect(await reason({ model: BASE_MODEL }, { intercept: () => answer })).to.match(
        /echo with logprobs: /,
      )
    })
  })

  it('fails, and does not call it unable to score, where the server does not answer', async () => {
    await open({ model: BASE_MODEL }, { apiKey: 'another' })
    expect((await failure(model.scoring())).code).to.equal('API_KEY_REFUSED')
  })
})
