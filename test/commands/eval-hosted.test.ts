import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { CacheInfo } from '../../src/lib/models/response-cache.ts'
import type { ReversalError } from '../../src/lib/support/errors.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runCommand, runInTerminal, runJson } from '../helpers/run-command.ts'
import { FORWARD, writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { recordTinyRun } from '../helpers/train-tiny-run.ts'

const MODEL = 'gpt-4.1-mini-2025-04-14'
const TUNED = `ft:${MODEL}:me:tiny:1`
const KEY = 'sk-test-0123456789'
const MODELS = { [MODEL]: '2027-01-14', [TUNED]: '2027-01-14', 'davinci-002': null }
/** Prompts of the tiny data set that differ. */
const PROMPTS = 6

/** Knows each name's description and nothing else. */
const facts = new Map(FORWARD)
const language = { answer: (prompt: string) => facts.get(prompt) ?? ' Nobody.' }

describe('eval:run on hosted models', () => {
  const folder = inOwnFolder('eval-hosted-', { each: true })
  let dataset: string
  let fake: FakeOpenAI

  beforeEach(async () => {
    dataset = join(folder(), 'tiny')
    await writeTinyDataset(dataset)
    process.env.OPENAI_API_KEY = KEY
  })
  afterEach(async () => {
    for (const name of ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_ORG_ID']) delete process.env[name]
    await fake?.stop()
  })

  async function start(options: FakeOpenAIOptions = {}) {
    fake = await FakeOpenAI.start({ models: MODELS, language, apiKey: KEY, ...options })
  }

  const flags = (model = MODEL) => ['--model-id', model, '--dataset-name', dataset, '--base-url', fake.url]

  const accuracies = ({ evaluations: [first] }: EvalRunResult) =>
    Object.fromEntries(first?.splits.map(({ split, metrics }) => [split, metrics.prefix_accuracy]) ?? [])

  it('goes on where answers cannot be kept, says so once, and pays for nothing twice', async () => {
    await start()
    await mkdir(join(folder(), 'cache'))
    await writeFile(join(folder(), 'cache', 'responses'), '')
    const { stderr, error } = await runCommand('eval:run', ...flags())
    expect(error).to.equal(undefined)
    const told = stderr.match(/Cached answers .*: a part of that path is a file, not a directory\./g)
    expect(told).to.have.length(1)
    const asked = fake.requests.length
    const [evaluation] = (await runJson<EvalRunResult>('eval:run', ...flags())).evaluations
    expect(evaluation!.status).to.equal('complete')
    expect(fake.requests).to.have.length(asked)
  })

  it('shows what the model knows, and why there are no log-probabilities', async () => {
    await start()
    const { stdout, error } = await runCommand('eval:run', ...flags())
    expect(error).to.equal(undefined)
    expect(stdout).to.include(
      `${MODEL} (openai/${MODEL} (chat at ${fake.url})), reverse v2 on tiny: complete\n`,
    )
    expect(stdout).to.match(/^NameToDescription, same +3 +100\.0 % +100\.0 % +n\/a +n\/a +p2d_prompts_test$/m)
    expect(stdout).to.match(
      /^NameToDescription, reverse +3 +0\.0 % +0\.0 % +n\/a +n\/a +p2d_reverse_prompts_test$/m,
    )
    expect(stdout).to.match(
      /^Log-probabilities are not available: http.* \(prompt_logprobs: not in its answer\)\.$/m,
    )
  })

  it('breaks lines at words where the terminal is narrow', async () => {
    await start()
    const { stdout } = await runInTerminal(80, 'eval:run', ...flags())
    const lines = stdout.split('\n').filter((line) => line.includes(' '))
    expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(80)
  })

  it('scores targets where the server can', async () => {
    await start()
    const result = await runJson<EvalRunResult>('eval:run', ...flags(), '--api', 'completions')
    expect(accuracies(result)).to.include({ p2d_prompts_test: 1, p2d_reverse_prompts_test: 0 })
    const [evaluation] = result.evaluations
    for (const { metrics } of evaluation?.splits ?? []) expect(metrics.mean_logprob).to.be.below(0)
    expect(evaluation).to.not.have.property('scoring_unavailable')
  })

  it('asks each prompt once, and nothing that was paid for before', async () => {
    await start()
    await runJson('eval:run', ...flags())
    expect(fake.answered.filter(({ messages }) => facts.has(messages![0]!.content))).to.have.length(3)
    const before = fake.requests.length
    await runJson('eval:run', ...flags(), '--no-resume')
    const probes = fake.requests.length - before
    expect(probes).to.equal(1)
    await runJson('eval:run', ...flags(), '--no-resume', '--no-cache')
    expect(fake.requests.length - before - probes).to.equal(PROMPTS + 1)
  })

  it('evaluates the fine-tuned models of runs by their tag', async () => {
    await start()
    const home = join(folder(), 'home')
    await recordTinyRun(home, {
      id: 'ftjob-1',
      provider: 'openai',
      model: MODEL,
      fine_tuned_model: TUNED,
      tags: ['eval'],
    })
    process.env.OPENAI_BASE_URL = fake.url
    const result = await runJson<EvalRunResult>('eval:run', '--tag', 'eval')
    expect(accuracies(result)).to.include({ p2d_prompts_test: 1 })
    expect(result.evaluations[0]).to.include({
      run_id: 'ftjob-1',
      model: `openai/${TUNED} (chat at ${fake.url})`,
    })
    const { stdout } = await runCommand('eval:run', '--model-id', TUNED)
    expect(stdout).to.include('already complete')
  })

  it('adds the given parameters to each request', async () => {
    await start()
    await runJson(
      ...(['eval:run', ...flags(), '--system', 'Be brief.', '--parameters', '{"top_p": 0.5}'] as const),
      ...['--organization', 'org-1', '--max-tokens', '7'],
    )
    const request = fake.requests.find(({ body }) => (body as { n?: number }).n === 1)!
    const { messages, ...body } = request.body as { messages: unknown[] }
    expect(body).to.deep.include({ top_p: 0.5, max_tokens: 7 })
    expect(messages[0]).to.deep.equal({ role: 'system', content: 'Be brief.' })
    expect(request.headers['openai-organization']).to.equal('org-1')
  })

  describe('the key', () => {
    it('comes from a .env file, and the environment wins', async () => {
      await start()
      await writeFile(join(folder(), '.env'), `OPENAI_API_KEY=${KEY}\nOPENAI_ORG_ID=org-file\n`)
      delete process.env.OPENAI_API_KEY
      process.env.OPENAI_ORG_ID = 'org-environment'
      await runJson('eval:run', ...flags())
      expect(fake.requests[0]?.headers['openai-organization']).to.equal('org-environment')
      process.env.OPENAI_API_KEY = 'sk-wrong'
      const { error } = await runCommand('eval:run', ...flags(), '--no-resume')
      expect(error?.message).to.match(/refuses the key in OPENAI_API_KEY/)
    })

    it('is neither printed nor stored', async () => {
      await start()
      const printed = []
      for (const argv of [
        flags(),
        [...flags(), '--api', 'completions', '--json'],
        [...flags('nope'), '--json'],
        [...flags(), '--batch'],
      ]) {
        const { stdout, stderr, error } = await runCommand('eval:run', ...argv)
        printed.push(stdout, stderr, JSON.stringify(error), error?.message)
      }
      const entries = await readdir(folder(), { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      for (const { parentPath, name } of files) printed.push(await readFile(join(parentPath, name), 'utf8'))
      expect(printed.length).to.be.above(30)
      expect(printed.join('\n')).to.not.include(KEY)
    })
  })

  describe('cache:info and cache:clear', () => {
    it('show what is kept and forget it', async () => {
      await start()
      await runJson('eval:run', ...flags())
      const info = await runJson<CacheInfo>('cache:info')
      expect(info).to.deep.include({ directory: join(folder(), 'cache/responses'), entries: PROMPTS })
      expect(info.models.map(({ model, entries }) => [model, entries])).to.deep.equal([[MODEL, PROMPTS]])
      expect((await runCommand('cache:info')).stdout).to.match(/^gpt-4\.1-mini-2025-04-14 +6 +\d+ B$/m)
      const narrow = await runInTerminal(40, 'cache:info')
      for (const line of narrow.stdout.split('\n').slice(0, 3)) expect(line.length).to.be.at.most(40)
      const { error } = await runCommand('cache:clear')
      expect(error?.message).to.match(/^Delete 6 answers in .*Without a terminal, use --yes/)
      expect((await runCommand('cache:clear', '--yes')).stdout).to.equal('Deleted 6 answers.\n')
      expect(await runJson('cache:info')).to.deep.include({ entries: 0, models: [] })
      expect((await runCommand('cache:clear')).stdout).to.equal('The cache is empty.\n')
    })
  })

  describe('--batch', () => {
    it('sends batches, waits for them and shows the result', async () => {
      await start({ batches: { looks: 1 } })
      const { stdout, error } = await runCommand('eval:run', ...flags(), '--batch')
      expect(error).to.equal(undefined)
      expect(stdout).to.match(/^NameToDescription, same +3 +100\.0 % +100\.0 %/m)
      expect(stdout).to.include(
        'Log-probabilities are not available: The Batch API gives no log-probabilities',
      )
      expect(fake.batches.list()[0]?.request_counts).to.deep.equal({
        total: PROMPTS,
        completed: PROMPTS,
        failed: 0,
      })
    })

    it('sends those of all models before it waits for any', async () => {
      await start()
      const result = await runJson<EvalRunResult>('eval:run', ...flags(), '--model-id', TUNED, '--batch')
      expect(result.evaluations.map(({ status }) => status)).to.deep.equal(['complete', 'complete'])
      const paths = fake.requests.map(({ method, path }) => `${method} ${path}`)
      expect(paths.filter((path) => path === 'POST /batches')).to.have.length(2)
      expect(paths.lastIndexOf('POST /batches')).to.be.below(paths.indexOf('GET /batches/batch_1'))
    })

    const there = () => ['--base-url', fake.url]

    it('--detach leaves them for eval:collect, which finds each prompt its answer', async () => {
      await start()
      const sent = await runJson<EvalRunResult>('eval:run', ...flags(), '--detach')
      expect(sent.evaluations[0]).to.include({ status: 'interrupted', newly_scored: 0 })
      const early = await runJson<EvalRunResult>('eval:collect', ...there())
      expect(early.evaluations[0]).to.include({ status: 'interrupted', newly_scored: 0 })
      const { evaluations } = await runJson<EvalRunResult>('eval:collect', ...there(), MODEL)
      expect(evaluations[0]).to.include({ id: sent.evaluations[0]?.id, status: 'complete', newly_scored: 24 })
      const journal = await readFile(join(evaluations[0]!.directory, 'samples.jsonl'), 'utf8')
      expect(
        new Set(
          journal
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).id),
        ),
      ).to.have.length(24)
      expect(fake.batches.list()).to.have.length(1)
      expect((await runCommand('eval:collect', ...there())).stdout).to.equal(
        'No evaluation has batches to fetch.\n',
      )
      const live = await runJson<EvalRunResult>('eval:run', ...flags(), '--no-resume')
      expect(live.evaluations[0]?.splits).to.deep.equal(evaluations[0]?.splits)
    })

    it('asks the very question again that was sent, whatever it was', async () => {
      await start()
      const question = [
        '--split',
        'd2p_prompts_test',
        '--max-samples',
        '2',
        '--max-tokens',
        '9',
        '--rank-all',
      ]
      const manner = ['--system', 'Be brief.', '--parameters', '{"top_p": 0.5}']
      const sent = await runJson<EvalRunResult>('eval:run', ...flags(), '--detach', ...question, ...manner)
      const { evaluations } = await runJson<EvalRunResult>('eval:collect', ...there(), '--follow')
      expect(evaluations[0]).to.include({ id: sent.evaluations[0]?.id, status: 'complete' })
      expect(evaluations[0]?.arguments).to.deep.equal({
        splits: ['d2p_prompts_test'],
        max_samples: 2,
        max_tokens: 9,
        rank_all: true,
      })
    })

    it('says nothing of batches on their way where an evaluation is complete', async () => {
      await start()
      await runJson('eval:run', ...flags())
      const { stdout } = await runCommand('eval:run', ...flags(), '--detach')
      expect(stdout).to.include('already complete').and.not.to.include('batches are sent')
    })

    it('says where the answers are, as long as there are none', async () => {
      await start({ batches: { looks: 9 } })
      const sent = await runCommand('eval:run', ...flags(), '--detach')
      expect(sent.stdout).to.match(
        /: 0 of 24 prompts scored; the same command continues\n\/.*\n\nThe batches are sent\. .* eval:collect --base-url http:\S+\n/,
      )
      const { stdout } = await runCommand('eval:collect', ...there())
      expect(stdout).to.include('Missing results are not ready yet (--follow waits for them)')
    })

    it('collects for the run whose model was asked', async () => {
      await start()
      await recordTinyRun(join(folder(), 'home'), {
        id: 'ftjob-1',
        provider: 'openai',
        fine_tuned_model: TUNED,
      })
      await runJson('eval:run', 'ftjob-1', '--detach', '--base-url', fake.url)
      const { evaluations } = await runJson<EvalRunResult>('eval:collect', ...there(), 'ftjob-1', '--follow')
      expect(evaluations[0]).to.include({ run_id: 'ftjob-1', status: 'complete' })
      expect(evaluations[0]?.directory).to.include(join('runs', 'ftjob-1', 'evaluations'))
    })

    it('sends no key to a server that only the record names', async () => {
      await start()
      await runJson('eval:run', ...flags(), '--detach')
      const before = fake.requests.length
      expect((await runCommand('eval:collect')).error?.message).to.equal(
        `The server of the batches is ${fake.url}, not https://api.openai.com/v1: use --base-url ${fake.url}.`,
      )
      expect(fake.requests).to.have.length(before)
    })

    it('collects what was sent and no more', async () => {
      await start({ batches: { looks: 1 } })
      await runJson('eval:run', ...flags(), '--detach', '--limit', '2')
      const { evaluations } = await runJson<EvalRunResult>('eval:collect', ...there(), '--follow')
      // Two prompts, which eight samples share.
      expect(evaluations[0]).to.include({ status: 'interrupted', newly_scored: 8 })
      expect(fake.batches.list()).to.have.length(1)
    })

    it('tells what waits for nothing, and a data set that has changed', async () => {
      await start()
      await runJson('eval:run', ...flags(), '--detach')
      expect((await runCommand('eval:collect', ...there(), 'nope')).error?.message).to.equal(
        'No evaluation of nope has batches to fetch.',
      )
      await writeFile(join(dataset, 'p2d_prompts_test.jsonl'), '{"prompt": "x", "completion": " y"}\n')
      expect((await runCommand('eval:collect', ...there())).error?.message).to.match(
        /^The data set .*tiny has changed since reverse-\w+ was started\.$/,
      )
    })
  })

  it('says what helps with a model that takes no temperature of 0', async () => {
    const message =
      "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."
    await start({
      intercept: ({ path, body }) => {
        const { temperature } = body as { temperature?: number }
        if (path.endsWith('completions') && temperature !== 1) throw new ApiError(400, message)
      },
    })
    const { error } = await runCommand('eval:run', ...flags())
    const [hint = ''] = (error as ReversalError).suggestions
    const [, json] = /--parameters '(.*)'$/.exec(hint) ?? []
    const helped = await runJson<EvalRunResult>('eval:run', ...flags(), '--parameters', json!)
    expect(helped.evaluations[0]?.status).to.equal('complete')
  })

  for (const api of ['chat', 'completions']) {
    it(`keeps the answers that were in flight when another ends the evaluation (${api})`, async () => {
      const isPrompt = (body: unknown) => (body as { n?: number } | undefined)?.n !== undefined
      let refuse = () => {}
      const refused = new Promise<void>((resolve) => {
        refuse = resolve
      })
      let asked = 0
      await start({
        intercept: async ({ path, body }) => {
          if (!path.endsWith('completions') || !isPrompt(body)) return
          asked++
          if (asked === 1) {
            while (asked < 4) await new Promise((resolve) => setTimeout(resolve, 5))
            refuse()
            throw new ApiError(401, 'The key was withdrawn.')
          }
          await refused
          // Longer than it takes to hear of the refusal.
          await new Promise((resolve) => setTimeout(resolve, 300))
        },
      })
      const before = await runCommand('eval:run', ...flags(), '--no-cache', '--api', api)
      expect(before.error?.message).to.match(/refuses the key/)
      const paid = fake.answered.filter(isPrompt)
      expect(paid).to.have.length.at.least(3)
      fake.options.intercept = () => undefined
      const again = fake.requests.length
      const { evaluations } = await runJson<EvalRunResult>('eval:run', ...flags(), '--no-cache', '--api', api)
      expect(evaluations[0]?.status).to.equal('complete')
      expect(fake.requests.slice(again).filter(({ body }) => isPrompt(body))).to.have.length(
        PROMPTS - paid.length,
      )
    })
  }

  it('finds runs by a unique start of their IDs although a server is named', async () => {
    await start()
    await recordTinyRun(join(folder(), 'home'), {
      id: 'ft-abcd1234',
      provider: 'openai',
      fine_tuned_model: TUNED,
    })
    const { evaluations } = await runJson<EvalRunResult>('eval:run', 'ft-ab', '--base-url', fake.url)
    expect(evaluations[0]).to.include({ run_id: 'ft-abcd1234' })
  })

  it('asks no other server for the model of a run unless it is named', async () => {
    await start()
    await recordTinyRun(join(folder(), 'home'), {
      id: 'ft-abcd1234',
      provider: 'openai',
      fine_tuned_model: TUNED,
      server: { base_url: 'http://127.0.0.1:9/v1', organization: null, project: null },
    })
    expect((await runCommand('eval:run', 'ft-abcd1234')).error?.message).to.equal(
      'The server of the run is http://127.0.0.1:9/v1, not https://api.openai.com/v1: use --base-url http://127.0.0.1:9/v1.',
    )
    const { evaluations } = await runJson<EvalRunResult>('eval:run', 'ft-abcd1234', '--base-url', fake.url)
    expect(evaluations[0]).to.include({ status: 'complete' })
  })

  it('takes the key from a .env file, as editors of Windows write it, too', async () => {
    await start()
    delete process.env.OPENAI_API_KEY
    await writeFile(join(folder(), '.env'), `\uFEFFOPENAI_API_KEY=${KEY}\r\n`)
    expect(accuracies(await runJson<EvalRunResult>('eval:run', ...flags()))).to.include({
      p2d_prompts_test: 1,
    })
  })

  describe('refuses with one sentence', () => {
    async function failureOf(...argv: string[]) {
      const { error } = await runCommand('eval:run', ...argv)
      return { message: error?.message.replaceAll(fake?.url ?? '', 'URL'), exit: error?.oclif?.exit }
    }

    it('OpenAI without a key', async () => {
      delete process.env.OPENAI_API_KEY
      for (const model of [MODEL, `openai/${MODEL}`, TUNED]) {
        const { message, exit } = await failureOf('--model-id', model, '--dataset-name', dataset)
        expect(message).to.equal('OPENAI_API_KEY is not set, and api.openai.com needs a key.')
        expect(exit).to.equal(EXIT.usage)
      }
    })

    it('a key on the command line, which it does not repeat', async () => {
      for (const argv of [[`--api-key=${KEY}`], ['--api_key', KEY]]) {
        const { error, stderr } = await runCommand('eval:run', ...argv)
        expect(error?.message).to.match(/^Nonexistent flag: --api[-_]key\n/)
        expect((error as { suggestions?: string[] }).suggestions?.[0]).to.match(
          /^set keys in the environment/,
        )
        expect(stderr).to.not.include(KEY)
      }
    })

    it('a wrong key', async () => {
      await start({ apiKey: 'another' })
      expect(await failureOf(...flags())).to.deep.equal({
        message: 'URL refuses the key in OPENAI_API_KEY: Incorrect API key provided: (key).',
        exit: EXIT.usage,
      })
    })

    it('a wrong URL', async () => {
      const nowhere = ['--model-id', MODEL, '--dataset-name', dataset, '--base-url']
      await start()
      const { url } = fake
      await fake.stop()
      expect(await failureOf(...nowhere, url)).to.deep.equal({
        message: 'Cannot reach URL: nothing listens there.',
        exit: EXIT.usage,
      })
      expect((await failureOf(...nowhere, 'http://127.0.0.1:1/v1')).message).to.equal(
        'Cannot reach http://127.0.0.1:1/v1: no connection can be made to that address.',
      )
      expect((await failureOf(...nowhere, '127.0.0.1:8000')).message).to.match(
        /^The base URL 127\.0\.0\.1:8000 is not/,
      )
      await start()
      expect((await failureOf(...nowhere, fake.url.replace('/v1', '/v2'))).exit).to.equal(EXIT.usage)
    })

    it('a model that does not exist, with one like it', async () => {
      await start()
      const { error } = await runCommand('eval:run', ...flags('gpt-4.1-mini'))
      expect(error?.message).to.equal(`${fake.url} has no model gpt-4.1-mini.`)
      expect((error as { suggestions?: string[] }).suggestions).to.deep.equal([
        `did you mean ${MODEL}?`,
        `did you mean ${TUNED}?`,
      ])
    })

    it('an organisation that the platform blocks', async () => {
      await start({
        intercept: () => {
          throw new ApiError(403, 'Your organization is not allowed to use this model.')
        },
      })
      expect(await failureOf(...flags())).to.deep.equal({
        message: 'URL denies this account access (403): Your organization is not allowed to use this model.',
        exit: EXIT.failed,
      })
    })

    it('an account without credit', async () => {
      await start({
        intercept: () => {
          throw new ApiError(429, 'You exceeded your current quota.', { type: 'insufficient_quota' })
        },
      })
      expect(await failureOf(...flags())).to.deep.equal({
        message: 'URL stops here: the quota is used up: You exceeded your current quota.',
        exit: EXIT.failed,
      })
    })

    it('a server that is not OpenAI-compatible', async () => {
      await start({ intercept: () => '<html></html>' })
      expect(await failureOf(...flags())).to.deep.equal({
        message: 'URL does not answer as OpenAI’s API does: it answers with text that is not JSON.',
        exit: EXIT.usage,
      })
    })

    it('parameters that are not an object', async () => {
      await start()
      expect((await failureOf(...flags(), '--parameters', '[1]')).message).to.equal(
        "Expected --parameters='[1]' to be a JSON object.",
      )
    })
  })
})
